//! A URL that people wrote, asked over a connection of its own: no redirect is followed, no proxy is used, and nothing but the
//! public internet is reached, unless somebody allowed it. The name is resolved once, and the connection goes to an address that
//! was judged: the owner of the name cannot lead it elsewhere in between.

mod connection;
mod courier;

pub use courier::HttpsCourier;

use connection::{Found, Target, connected, exchange, found, trusted};
use firebreak_core::{aws::Answer, run::act::HttpAnswer};
use http::{Request, header};
use http_body_util::Empty;
use rustls::ClientConfig;
use std::{fmt::Display, net::SocketAddr, sync::Arc, time::Duration};
use tokio::time::timeout;

/// The longest that all of it takes.
const LIMIT: Duration = Duration::from_secs(5);

/// What the URL of a gate answers. Where it leads to no public address nothing is asked: then the status is 0, and the address is told.
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
    match found(&target, false).await? {
        Found::NotPublic(address) => Ok(HttpAnswer { status: 0, address }),
        Found::Usable(addresses) => first(&target, &addresses, trusted()?).await,
    }
}

/// The status that the first address answers that takes a connection; what follows its head is not read.
async fn first(target: &Target, addresses: &[SocketAddr], trust: Arc<ClientConfig>) -> Result<HttpAnswer, String> {
    let (stream, address) = connected(addresses).await?;
    let request = Request::get(&target.path)
        .header(header::HOST, &target.authority)
        .header(header::USER_AGENT, "firebreak")
        .header(header::ACCEPT, "*/*")
        .header(header::CONNECTION, "close");
    let request = request.body(Empty::<&'static [u8]>::new()).map_err(text)?;
    let status = exchange(target, stream, trust, request, async |answer| {
        Ok(u32::from(answer.status().as_u16()))
    });
    Ok(HttpAnswer {
        status: status.await?,
        address: address.ip(),
    })
}

fn text(error: impl Display) -> String {
    error.to_string()
}

#[cfg(test)]
mod tests;
