//! A URL of a gate, asked over a connection of its own: no redirect is followed, no proxy is used, and nothing but the public
//! internet is reached. The name is resolved once, and the connection goes to an address that was judged: the owner of the name
//! cannot lead it elsewhere in between.

use firebreak_core::{
    aws::Answer,
    run::act::{HttpAnswer, is_public},
};
use http::{Request, Uri, header};
use http_body_util::Empty;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use rustls::{ClientConfig, RootCertStore, crypto::aws_lc_rs, pki_types::ServerName};
use std::{
    fmt::Display,
    net::SocketAddr,
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

/// The longest that all of it takes.
const LIMIT: Duration = Duration::from_secs(5);
/// The longest that one of several addresses is tried.
const ATTEMPT: Duration = Duration::from_secs(2);
/// The longest head of an answer.
const LONGEST_HEAD: usize = 64 * 1024;

/// What the URL answers. Where it leads to no public address nothing is asked: then the status is 0, and the address is told.
pub(crate) async fn ask(url: &str) -> Answer {
    limited(url, asked(url)).await
}

async fn limited(url: &str, work: impl Future<Output = Result<HttpAnswer, String>>) -> Answer {
    match timeout(LIMIT, work).await {
        Ok(Ok(answer)) => Answer::found(&answer),
        Ok(Err(why)) => Answer::Unreachable(format!("{url}: {why}")),
        Err(_) => Answer::Unreachable(format!("{url} does not answer within {} s", LIMIT.as_secs())),
    }
}

async fn asked(url: &str) -> Result<HttpAnswer, String> {
    let target = Target::of(url)?;
    let found = lookup_host((target.host.as_str(), target.port)).await.map_err(text)?;
    let mut addresses: Vec<SocketAddr> = found.collect();
    // Many clusters have no way out by IPv6.
    addresses.sort_by_key(SocketAddr::is_ipv6);
    let public = addresses.iter().filter(|address| is_public(address.ip())).copied();
    let public: Vec<SocketAddr> = public.collect();
    match (public.as_slice(), addresses.first()) {
        ([], None) => Err(format!("{} has no address", target.host)),
        ([], Some(other)) => Ok(HttpAnswer {
            status: 0,
            address: other.ip(),
        }),
        (public, _) => first(&target, public, trusted()?).await,
    }
}

/// The first address that takes a connection counts.
async fn first(target: &Target, addresses: &[SocketAddr], trust: Arc<ClientConfig>) -> Result<HttpAnswer, String> {
    let mut why = String::new();
    for address in addresses {
        match timeout(ATTEMPT, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => {
                return Ok(HttpAnswer {
                    status: over(target, stream, trust).await?,
                    address: address.ip(),
                });
            }
            Ok(Err(error)) => why = format!("{address}: {error}"),
            Err(_) => why = format!("{address} takes no connection within {} s", ATTEMPT.as_secs()),
        }
    }
    Err(why)
}

async fn over(target: &Target, stream: TcpStream, trust: Arc<ClientConfig>) -> Result<u32, String> {
    if !target.tls {
        return status(target, stream).await;
    }
    let name = ServerName::try_from(target.host.trim_end_matches('.').to_owned()).map_err(text)?;
    let stream = TlsConnector::from(trust).connect(name, stream).await.map_err(text)?;
    status(target, stream).await
}

/// The status of the answer; what follows its head is not read.
async fn status(target: &Target, stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static) -> Result<u32, String> {
    let mut builder = http1::Builder::new();
    builder.max_buf_size(LONGEST_HEAD);
    let (mut sender, connection) = builder.handshake(TokioIo::new(stream)).await.map_err(text)?;
    let mut driver = JoinSet::new();
    driver.spawn(connection);
    let answer = sender.send_request(target.request()?).await.map_err(text)?;
    Ok(u32::from(answer.status().as_u16()))
}

/// Whose certificates are taken: those that the system trusts, as AWS's own are.
fn trusted() -> Result<Arc<ClientConfig>, String> {
    static TRUST: OnceLock<Arc<ClientConfig>> = OnceLock::new();
    if let Some(known) = TRUST.get() {
        return Ok(known.clone());
    }
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    let made = trusting(roots)?;
    Ok(TRUST.get_or_init(|| made).clone())
}

fn trusting(roots: RootCertStore) -> Result<Arc<ClientConfig>, String> {
    let builder = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()));
    let builder = builder.with_safe_default_protocol_versions().map_err(text)?;
    Ok(Arc::new(builder.with_root_certificates(roots).with_no_client_auth()))
}

/// The parts of a URL.
struct Target {
    tls: bool,
    host: String,
    port: u16,
    authority: String,
    path: String,
}

impl Target {
    fn of(url: &str) -> Result<Self, String> {
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

    fn request(&self) -> Result<Request<Empty<&'static [u8]>>, String> {
        let request = Request::get(&self.path)
            .header(header::HOST, &self.authority)
            .header(header::USER_AGENT, "firebreak")
            .header(header::ACCEPT, "*/*")
            .header(header::CONNECTION, "close");
        request.body(Empty::new()).map_err(text)
    }
}

fn text(error: impl Display) -> String {
    error.to_string()
}

#[cfg(test)]
mod tests;
