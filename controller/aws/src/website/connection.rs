//! A connection to an address that was judged.

use super::text;
use firebreak_core::run::act::is_public;
use http::{Request, Response, Uri};
use hyper::{
    body::{Body, Incoming},
    client::conn::http1,
};
use hyper_util::rt::TokioIo;
use rustls::{ClientConfig, RootCertStore, crypto::aws_lc_rs, pki_types::ServerName};
use std::{
    error::Error,
    net::{IpAddr, SocketAddr},
    sync::{Arc, OnceLock},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpStream, lookup_host},
    task::JoinSet,
    time::timeout,
};
use tokio_rustls::TlsConnector;

/// The longest that one of several addresses is tried.
const ATTEMPT: Duration = Duration::from_secs(2);
/// The longest head of an answer.
pub(super) const LONGEST_HEAD: usize = 64 * 1024;

/// The parts of a URL.
pub(super) struct Target {
    pub tls: bool,
    host: String,
    port: u16,
    pub authority: String,
    pub path: String,
}

impl Target {
    pub(super) fn of(url: &str) -> Result<Self, String> {
        let uri: Uri = url.parse().map_err(text)?;
        let tls = match uri.scheme_str() {
            Some("https") => true,
            Some("http") => false,
            _ => return Err("it is neither an http nor an https URL".into()),
        };
        let host = uri.host().ok_or("it has no host")?;
        let port = uri.port_u16();
        Ok(Self {
            tls,
            host: host.trim_start_matches('[').trim_end_matches(']').to_owned(),
            port: port.unwrap_or(if tls { 443 } else { 80 }),
            authority: port.map_or_else(|| host.to_owned(), |port| format!("{host}:{port}")),
            path: uri.path_and_query().map_or("/", |path| path.as_str()).to_owned(),
        })
    }
}

/// Where a name leads.
pub(super) enum Found {
    /// To no public address; this is one of the others.
    NotPublic(IpAddr),
    /// There.
    Usable(Vec<SocketAddr>),
}

/// The addresses of a name that may be reached: the public ones, or any.
pub(super) async fn found(target: &Target, any: bool) -> Result<Found, String> {
    let found = lookup_host((target.host.as_str(), target.port)).await.map_err(text)?;
    let mut addresses: Vec<SocketAddr> = found.collect();
    // Many clusters have no way out by IPv6.
    addresses.sort_by_key(SocketAddr::is_ipv6);
    let usable = addresses.iter().filter(|address| any || is_public(address.ip()));
    let usable: Vec<SocketAddr> = usable.copied().collect();
    match (usable.is_empty(), addresses.first()) {
        (true, None) => Err(format!("{} has no address", target.host)),
        (true, Some(other)) => Ok(Found::NotPublic(other.ip())),
        (false, _) => Ok(Found::Usable(usable)),
    }
}

/// The first address counts that takes a connection.
pub(super) async fn connected(addresses: &[SocketAddr]) -> Result<(TcpStream, SocketAddr), String> {
    let mut why = String::new();
    for address in addresses {
        match timeout(ATTEMPT, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => return Ok((stream, *address)),
            Ok(Err(error)) => why = format!("{address}: {error}"),
            Err(_) => why = format!("{address} takes no connection within {} s", ATTEMPT.as_secs()),
        }
    }
    Err(why)
}

/// Sends a request over a connection, encrypted where the URL says so, and reads what is wanted of the answer.
pub(super) async fn exchange<B, T>(
    target: &Target,
    stream: TcpStream,
    trust: Arc<ClientConfig>,
    request: Request<B>,
    read: impl AsyncFnOnce(Response<Incoming>) -> Result<T, String>,
) -> Result<T, String>
where
    B: Body<Data: Send, Error: Into<Box<dyn Error + Send + Sync>>> + Send + 'static,
{
    if !target.tls {
        return over(stream, request, read).await;
    }
    let name = ServerName::try_from(target.host.trim_end_matches('.').to_owned()).map_err(text)?;
    let stream = TlsConnector::from(trust).connect(name, stream).await.map_err(text)?;
    over(stream, request, read).await
}

async fn over<B, T>(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    request: Request<B>,
    read: impl AsyncFnOnce(Response<Incoming>) -> Result<T, String>,
) -> Result<T, String>
where
    B: Body<Data: Send, Error: Into<Box<dyn Error + Send + Sync>>> + Send + 'static,
{
    let mut builder = http1::Builder::new();
    builder.max_buf_size(LONGEST_HEAD);
    let (mut sender, connection) = builder.handshake(TokioIo::new(stream)).await.map_err(text)?;
    let mut driver = JoinSet::new();
    driver.spawn(connection);
    read(sender.send_request(request).await.map_err(text)?).await
}

/// Whose certificates are taken: those that the system trusts, as AWS's own are.
pub(super) fn trusted() -> Result<Arc<ClientConfig>, String> {
    static TRUST: OnceLock<Arc<ClientConfig>> = OnceLock::new();
    if let Some(known) = TRUST.get() {
        return Ok(known.clone());
    }
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    let made = trusting(roots)?;
    Ok(TRUST.get_or_init(|| made).clone())
}

pub(super) fn trusting(roots: RootCertStore) -> Result<Arc<ClientConfig>, String> {
    let builder = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()));
    let builder = builder.with_safe_default_protocol_versions().map_err(text)?;
    Ok(Arc::new(builder.with_root_certificates(roots).with_no_client_auth()))
}
