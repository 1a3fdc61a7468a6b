//! A website on this machine, reached behind the check of its address; and that check itself.

use super::{
    LIMIT, ask,
    connection::{LONGEST_HEAD, Target, trusted, trusting},
    courier::sent,
    first, limited,
};
use firebreak_cloud::courier::Courier;
use firebreak_core::{
    aws::Answer,
    coordinate::notification::{Reply, Request},
    run::act::{HttpAnswer, is_public},
};
use rustls::{
    ClientConfig, RootCertStore, ServerConfig,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
};
use std::{net::SocketAddr, sync::Arc, time::Duration};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::TcpListener,
    task::JoinHandle,
    time::timeout,
};
use tokio_rustls::TlsAcceptor;

const CERTIFICATE: &[u8] = include_bytes!("testdata/certificate.pem");
const KEY: &[u8] = include_bytes!("testdata/key.pem");

/// A listener on this machine.
async fn listener() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

async fn speak(mut stream: impl AsyncRead + AsyncWrite + Unpin, answer: String) -> String {
    let mut asked = vec![0; 4096];
    let length = stream.read(&mut asked).await.unwrap_or_default();
    let _ = stream.write_all(answer.as_bytes()).await;
    let _ = stream.flush().await;
    String::from_utf8_lossy(&asked[..length]).into_owned()
}

/// Answers one request in plain text, and gives what was asked.
async fn plain(answer: &str) -> (SocketAddr, JoinHandle<String>) {
    let ((listener, address), answer) = (listener().await, answer.to_owned());
    let served = tokio::spawn(async move { speak(listener.accept().await.unwrap().0, answer).await });
    (address, served)
}

/// The same behind a certificate for `shop.example` that only its owner vouches for.
async fn encrypted(answer: &str) -> SocketAddr {
    answering(answer).await.0
}

/// The same, and what was asked.
async fn answering(answer: &str) -> (SocketAddr, JoinHandle<String>) {
    let ((listener, address), answer) = (listener().await, answer.to_owned());
    let certificates = vec![CertificateDer::from_pem_slice(CERTIFICATE).unwrap()];
    let key = PrivateKeyDer::from_pem_slice(KEY).unwrap();
    let builder = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()));
    let builder = builder.with_safe_default_protocol_versions().unwrap();
    let server = builder
        .with_no_client_auth()
        .with_single_cert(certificates, key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(server));
    let served = tokio::spawn(async move {
        match acceptor.accept(listener.accept().await.unwrap().0).await {
            Ok(stream) => speak(stream, answer).await,
            Err(error) => error.to_string(),
        }
    });
    (address, served)
}

fn vouching() -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(CERTIFICATE).unwrap()).unwrap();
    trusting(roots).unwrap()
}

async fn head(url: &str, address: SocketAddr, trust: Arc<ClientConfig>) -> Result<HttpAnswer, String> {
    first(&Target::of(url).unwrap(), &[address], trust).await
}

#[tokio::test]
async fn the_status_is_told_and_a_redirect_is_not_followed() {
    let (address, served) =
        plain("HTTP/1.1 302 Found\r\nlocation: http://169.254.169.254/\r\ncontent-length: 0\r\n\r\n").await;
    let answer = head(
        "http://user:word@Shop.example:8080/health?deep=1#top",
        address,
        vouching(),
    )
    .await;
    let expected = HttpAnswer {
        status: 302,
        address: address.ip(),
    };
    assert_eq!(answer, Ok(expected));
    let asked = served.await.unwrap();
    assert!(asked.starts_with("GET /health?deep=1 HTTP/1.1\r\n"), "{asked}");
    assert!(asked.contains("host: Shop.example:8080\r\n"), "{asked}");
    assert!(!asked.contains("authorization") && !asked.contains("word"), "{asked}");
}

#[tokio::test]
async fn nothing_but_the_public_internet_is_reached() {
    let (listener, address) = listener().await;
    let port = address.port();
    for url in [
        format!("http://127.0.0.1:{port}/"),
        format!("http://localhost:{port}/"),
        format!("http://[::ffff:127.0.0.1]:{port}/"),
    ] {
        let Answer::Found(answer) = ask(&url).await else {
            panic!("{url} was not judged");
        };
        let answer: HttpAnswer = serde_json::from_value(answer).unwrap();
        assert!(answer.status == 0 && !is_public(answer.address), "{url}: {answer:?}");
    }
    let reached = timeout(Duration::from_millis(50), listener.accept()).await;
    assert!(reached.is_err(), "it was connected to");
}

#[tokio::test]
async fn what_is_no_url_or_leads_nowhere_is_unreachable() {
    for url in [
        "ftp://shop.example/",
        "shop.example",
        "http:///x",
        "http://does-not-exist.invalid/",
    ] {
        assert!(matches!(ask(url).await, Answer::Unreachable(_)), "{url}");
    }
    let (listener, address) = listener().await;
    drop(listener);
    assert!(head("http://shop.example/", address, vouching()).await.is_err());
}

#[tokio::test]
async fn an_answer_without_an_end_is_given_up() {
    let endless = format!("HTTP/1.1 200 OK\r\nx: {}\r\n\r\n", "y".repeat(4 * LONGEST_HEAD));
    let (address, _served) = plain(&endless).await;
    assert!(head("http://shop.example/", address, vouching()).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn silence_is_waited_for_five_seconds() {
    let begun = tokio::time::Instant::now();
    let answer = limited("http://shop.example/", std::future::pending()).await;
    assert!(matches!(answer, Answer::Unreachable(why) if why.contains("within 5 s")));
    assert_eq!(begun.elapsed(), LIMIT);
}

#[tokio::test]
async fn a_certificate_counts_only_where_it_is_vouched_for_and_for_its_own_name() {
    const OK: &str = "HTTP/1.1 204 No Content\r\n\r\n";
    let vouched = head("https://shop.example/", encrypted(OK).await, vouching()).await;
    assert_eq!(vouched.map(|answer| answer.status), Ok(204));
    let other = head("https://other.example/", encrypted(OK).await, vouching()).await;
    assert!(other.unwrap_err().contains("certificate"));
    let nobodys = head("https://shop.example/", encrypted(OK).await, trusted().unwrap()).await;
    assert!(nobodys.unwrap_err().contains("certificate"));
}

#[tokio::test]
async fn the_next_address_is_tried_where_one_takes_no_connection() {
    let (listener, closed) = listener().await;
    drop(listener);
    let (open, _served) = plain("HTTP/1.1 200 OK\r\n\r\n").await;
    let target = Target::of("http://shop.example/").unwrap();
    let answer = first(&target, &[closed, open], vouching()).await;
    assert_eq!(answer.map(|answer| answer.status), Ok(200));
}

fn message(url: &str) -> Request {
    Request {
        url: url.into(),
        headers: vec![("authorization", "Bearer t".into())],
        body: r#"{"a":1}"#.into(),
    }
}

#[tokio::test]
async fn a_message_is_posted_and_its_answer_read() {
    let answer = "HTTP/1.1 429 Too Many\r\nretry-after: 30\r\ncontent-length: 4\r\n\r\nslow";
    let (address, served) = answering(answer).await;
    let request = message("https://shop.example/hook?x=1");
    let target = Target::of(&request.url).unwrap();
    let expected = Reply {
        status: 429,
        retry_after: Some(30),
        body: "slow".into(),
    };
    assert_eq!(sent(&target, &request, &[address], vouching()).await, Ok(expected));
    let asked = served.await.unwrap();
    assert!(
        asked.starts_with("POST /hook?x=1 HTTP/1.1\r\n") && asked.contains("authorization: Bearer t\r\n"),
        "{asked}"
    );
    assert!(asked.contains("content-length: 7\r\n"), "{asked}");
}

#[tokio::test]
async fn an_answer_without_an_end_still_has_a_status() {
    let endless = format!("HTTP/1.1 200 OK\r\n\r\n{}", "y".repeat(1024 * 1024));
    let (address, _served) = answering(&endless).await;
    let request = message("https://shop.example/");
    let target = Target::of(&request.url).unwrap();
    let reply = sent(&target, &request, &[address], vouching()).await.unwrap();
    assert_eq!((reply.status, reply.body.len()), (200, 64 * 1024));
}

#[tokio::test]
async fn a_message_goes_to_no_private_address_and_never_in_plain_text() {
    let (listener, address) = listener().await;
    let courier = super::HttpsCourier { any_address: false };
    let private = message(&format!("https://127.0.0.1:{}/", address.port()));
    assert_eq!(courier.post(&private).await, Ok(Reply::default()));
    let courier = super::HttpsCourier { any_address: true };
    let plain = message(&format!("http://127.0.0.1:{}/", address.port()));
    assert!(courier.post(&plain).await.unwrap_err().contains("https"));
    let reached = timeout(Duration::from_millis(50), listener.accept()).await;
    assert!(reached.is_err(), "it was connected to");
}
