//! Connections within bounds: so many at once, so large, so long. When there are too many the oldest has to go, so that anyone who
//! keeps connections open never keeps a probe out.

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use std::{collections::VecDeque, time::Duration};
use tokio::{
    net::{TcpListener, TcpStream},
    task::AbortHandle,
    time::{sleep, timeout},
};

/// What a connection may take.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    /// Connections at once.
    connections: usize,
    /// Time until the whole head of the request is there.
    head: Duration,
    /// Time until the answer is sent.
    whole: Duration,
    /// Bytes of the head.
    bytes: usize,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            connections: 64,
            head: Duration::from_secs(5),
            whole: Duration::from_secs(20),
            bytes: 16 * 1024,
        }
    }
}

impl Bounds {
    /// Serves for as long as the process runs.
    pub(super) async fn serve(self, listener: TcpListener, router: Router) {
        let mut open = VecDeque::new();
        loop {
            match listener.accept().await {
                Ok((stream, _)) => {
                    self.make_room(&mut open);
                    open.push_back(tokio::spawn(self.answer(stream, router.clone())).abort_handle());
                }
                // Out of file handles, most likely: others are being closed.
                Err(_) => sleep(Duration::from_millis(100)).await,
            }
        }
    }

    fn make_room(self, open: &mut VecDeque<AbortHandle>) {
        open.retain(|connection| !connection.is_finished());
        while open.len() >= self.connections {
            let oldest = open.pop_front();
            oldest.iter().for_each(AbortHandle::abort);
        }
    }

    /// One request, and its answer.
    async fn answer(self, stream: TcpStream, router: Router) {
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(self.head)
            .max_buf_size(self.bytes)
            .keep_alive(false)
            .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router));
        match timeout(self.whole, connection).await {
            Ok(Err(error)) => tracing::debug!(%error, "a connection to the metrics port ended"),
            Err(_) => tracing::debug!("a connection to the metrics port took too long"),
            Ok(Ok(())) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::routing::get;
    use std::net::SocketAddr;
    use tokio::{io::AsyncReadExt, io::AsyncWriteExt};

    async fn served(bounds: Bounds) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(bounds.serve(listener, Router::new().route("/livez", get(|| async { "ok" }))));
        address
    }

    async fn said(address: SocketAddr, request: &str) -> (TcpStream, String) {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        // A reset is an end, too.
        let _ = stream.read_to_string(&mut answer).await;
        (stream, answer)
    }

    #[tokio::test]
    async fn idle_connections_keep_no_probe_out() {
        let address = served(Bounds {
            connections: 4,
            ..Bounds::default()
        })
        .await;
        let mut idle = Vec::new();
        for _ in 0..50 {
            let mut stream = TcpStream::connect(address).await.unwrap();
            stream.write_all(b"GET /livez HT").await.unwrap();
            idle.push(stream);
        }
        let (_, answer) = said(address, "GET /livez HTTP/1.1\r\nHost: a\r\n\r\n").await;
        assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("ok"), "{answer}");
        let mut oldest = String::new();
        assert!(
            idle[0].read_to_string(&mut oldest).await.map_or(true, |read| read == 0),
            "it had to go"
        );
    }

    #[tokio::test]
    async fn a_head_that_is_too_slow_or_too_large_is_not_waited_for() {
        let short = Duration::from_millis(50);
        let address = served(Bounds {
            head: short,
            bytes: 8 * 1024,
            ..Bounds::default()
        })
        .await;
        let (_, answer) = said(address, "GET /livez HTTP/1.1\r\nX: ").await;
        assert!(!answer.contains("200"), "{answer}");
        let large = format!("GET /livez HTTP/1.1\r\nX: {}\r\n\r\n", "x".repeat(64 * 1024));
        let (_, answer) = said(address, &large).await;
        assert!(!answer.contains("200"), "{answer}");
    }
}
