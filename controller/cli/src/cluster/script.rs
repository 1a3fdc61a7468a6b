//! For tests: an API server on loopback that gives prepared answers, one for each request, and keeps what it was asked.

use super::Cluster;
use kube::{Client, Config};
use serde_json::Value;
use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
};

/// Method and path, and the body.
type Asked = (String, Value);

/// The server.
pub struct Script {
    at: SocketAddr,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Script {
    /// One that gives these answers: a code and a body each. A body that is a list is sent a line for each, as a watch is.
    pub fn of(answers: impl IntoIterator<Item = (u16, Value)>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (at, asked) = (listener.local_addr().unwrap(), Arc::<Mutex<Vec<Asked>>>::default());
        let (answers, kept): (Vec<_>, _) = (answers.into_iter().collect(), Arc::clone(&asked));
        thread::spawn(move || {
            for (code, body) in answers {
                let (stream, _) = listener.accept().unwrap();
                kept.lock().unwrap().push(exchange(stream, code, &body));
            }
        });
        Self { at, asked }
    }

    /// A cluster that is this server, in the namespace `incident`.
    pub fn cluster(&self) -> Cluster {
        let config = Config::new(format!("http://{}", self.at).parse().unwrap());
        Cluster {
            client: Client::try_from(config).unwrap(),
            namespace: "incident".into(),
            chosen: true,
            unread: Mutex::default(),
        }
    }

    /// What was asked so far.
    pub fn requests(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }
}

fn exchange(mut stream: TcpStream, code: u16, body: &Value) -> Asked {
    let asked = read(&mut BufReader::new(&stream));
    let text = match body {
        Value::Array(lines) => lines.iter().map(|line| format!("{line}\n")).collect(),
        other => other.to_string(),
    };
    let head = format!(
        "HTTP/1.1 {code} X\r\nContent-Type: application/json\r\nContent-Length: {}\r\n",
        text.len()
    );
    write!(stream, "{head}Connection: close\r\n\r\n{text}").unwrap();
    asked
}

fn read(stream: &mut BufReader<&TcpStream>) -> Asked {
    let mut head = Vec::new();
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).unwrap();
        match line.trim_end() {
            "" => break,
            line => head.push(line.to_owned()),
        }
    }
    let length = head
        .iter()
        .find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    stream.read_exact(&mut body).unwrap();
    let line = head[0].trim_end_matches(" HTTP/1.1").to_owned();
    (line, serde_json::from_slice(&body).unwrap_or_default())
}
