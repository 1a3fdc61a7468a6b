//! Logs as JSON or text. Object specs and request bodies never get into them, whatever filter somebody asks for.

use firebreak_crds::text;
use std::{
    io::{self, Write},
    str::FromStr,
};
use tracing::Subscriber;
use tracing_subscriber::{EnvFilter, util::SubscriberInitExt};

/// How lines look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// One JSON object a line.
    #[default]
    Json,
    /// For people.
    Text,
}

impl FromStr for Format {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        match word {
            "json" => Ok(Self::Json),
            "text" => Ok(Self::Text),
            other => Err(format!("{other} is neither json nor text")),
        }
    }
}

/// Libraries that print whole bodies at finer levels: kube's client prints the text of an object that it cannot parse, and
/// the AWS SDK and hyper print requests with their credentials.
const CEILINGS: [&str; 8] = [
    "kube_client::client=error",
    "kube_runtime=warn",
    "aws_config=info",
    "aws_runtime=info",
    "aws_sigv4=info",
    "aws_smithy_runtime=info",
    "hyper=info",
    "h2=info",
];

/// Installs the subscriber. `filter` is in the syntax of `RUST_LOG`, such as `info` or `firebreak=debug`.
pub fn init(format: Format, filter: &str) -> anyhow::Result<()> {
    Ok(subscriber(format, filter, std::io::stderr)?.try_init()?)
}

fn subscriber<F, W>(format: Format, filter: &str, writer: F) -> anyhow::Result<Box<dyn Subscriber + Send + Sync>>
where
    F: Fn() -> W + Send + Sync + 'static,
    W: Write + 'static,
{
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filtered(filter)?)
        .with_ansi(false)
        .with_writer(move || Harmless(format, writer()));
    Ok(match format {
        Format::Json => Box::new(builder.json().flatten_event(true).finish()),
        Format::Text => Box::new(builder.finish()),
    })
}

/// Writes each line without anything in it that a terminal would act on or not show. An event is written in one call.
struct Harmless<W>(Format, W);

impl<W: Write> Write for Harmless<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = String::from_utf8_lossy(bytes);
        let (line, end) = written.strip_suffix('\n').map_or((&*written, ""), |line| (line, "\n"));
        let harmless = match self.0 {
            Format::Json => text::json(line),
            Format::Text => text::one_line(line),
        };
        self.1.write_all(format!("{harmless}{end}").as_bytes())?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.1.flush()
    }
}

/// The filter that was asked for, without its wishes about the libraries above.
fn filtered(filter: &str) -> anyhow::Result<EnvFilter> {
    let capped = |directive: &&str| !CEILINGS.iter().any(|ceiling| directive.starts_with(root(ceiling)));
    let wishes: Vec<&str> = filter.split(',').map(str::trim).filter(capped).collect();
    let filter = EnvFilter::try_new(wishes.join(","))?;
    CEILINGS
        .iter()
        .try_fold(filter, |filter, ceiling| Ok(filter.add_directive(ceiling.parse()?)))
}

fn root(directive: &str) -> &str {
    directive.split([':', '=']).next().unwrap_or(directive)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{
        io,
        sync::{Arc, Mutex},
    };

    #[derive(Clone, Default)]
    struct Sink(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Sink {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn logged(format: Format, filter: &str) -> String {
        let sink = Sink::default();
        let writer = sink.clone();
        let subscriber = subscriber(format, filter, move || writer.clone()).unwrap();
        tracing::subscriber::with_default(subscriber, || {
            tracing::info!(object = "team/api", "contained");
            tracing::warn!(target: "kube_client::client", "the whole spec");
            tracing::trace!(target: "aws_smithy_runtime::client", "the whole request");
            tracing::debug!(target: "hyper::proto", "the whole body");
        });
        String::from_utf8(sink.0.lock().unwrap().clone()).unwrap()
    }

    #[test]
    fn bodies_stay_out_whatever_filter_is_asked_for() {
        for filter in [
            "trace",
            "info,kube_client=trace,hyper::proto=trace",
            "aws_smithy_runtime::client=trace,info",
        ] {
            let text = logged(Format::Json, filter);
            assert!(
                text.contains("contained") && !text.contains("the whole"),
                "{filter}: {text}"
            );
        }
    }

    #[test]
    fn hostile_text_forges_no_line_in_either_format() {
        for format in [Format::Json, Format::Text] {
            let sink = Sink::default();
            let writer = sink.clone();
            let subscriber = subscriber(format, "info", move || writer.clone()).unwrap();
            tracing::subscriber::with_default(subscriber, || {
                tracing::warn!(
                    reason = "x\u{1b}[2K\nINFO forged\u{202e}\u{9b}",
                    "an object says \n{}",
                    "y\r\u{200b}"
                );
            });
            let text = String::from_utf8(sink.0.lock().unwrap().clone()).unwrap();
            assert_eq!(text.lines().count(), 1, "{text}");
            assert!(text.trim_end().chars().all(text::is_harmless), "{text:?}");
        }
    }

    #[test]
    fn both_formats_carry_the_fields() {
        let line: serde_json::Value = serde_json::from_str(logged(Format::Json, "info").trim()).unwrap();
        assert_eq!(
            (line["object"].as_str(), line["message"].as_str()),
            (Some("team/api"), Some("contained"))
        );
        assert!(logged(Format::Text, "info").contains("team/api"));
        assert!("xml".parse::<Format>().is_err() && "text".parse() == Ok(Format::Text));
    }
}
