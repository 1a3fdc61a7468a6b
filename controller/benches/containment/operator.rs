//! The operator as it is released: started beside the cluster, asked over its own port, and stopped again.

use crate::{aws::FakeAws, cluster::Cluster, objects::REGION};
use anyhow::{Context, bail};
use std::{
    fs::{self, File},
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    process::{Child, Command, Stdio},
    time::Duration,
};
use tokio::time::Instant;

const PROGRAM: &str = env!("CARGO_BIN_EXE_firebreak-controller");
/// How long it may take until every watch has its objects, and until it has ended.
const PATIENCE: Duration = Duration::from_secs(120);

/// A running operator; killed when it is dropped.
pub struct Operator {
    child: Child,
    port: u16,
}

impl Operator {
    /// Starts it with these flags, and waits until it is ready.
    ///
    /// # Errors
    /// When it does not start.
    pub async fn start(cluster: &Cluster, aws: &FakeAws, flags: &[&str]) -> anyhow::Result<Self> {
        let mut operator = Self::spawn(cluster, aws, flags)?;
        operator.ready().await?;
        Ok(operator)
    }

    /// Starts it with these flags.
    ///
    /// # Errors
    /// When there is no such program.
    pub fn spawn(cluster: &Cluster, aws: &FakeAws, flags: &[&str]) -> anyhow::Result<Self> {
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let log = File::create(cluster.log("operator-bench.log"))?;
        let child = Command::new(PROGRAM)
            .args(["run", "--allow-endpoint-overrides", "--trust-absent-lease"])
            .arg(format!("--listen=127.0.0.1:{port}"))
            .args(flags)
            .env_clear()
            .envs(environment(&aws.url()))
            .env("KUBECONFIG", cluster.operator_kubeconfig())
            .stdout(log.try_clone()?)
            .stderr(log)
            .stdin(Stdio::null())
            .spawn()
            .context("the operator does not start")?;
        Ok(Self { child, port })
    }

    /// How it ended by itself; none while it runs.
    ///
    /// # Errors
    /// When that is not known.
    pub fn ended(&mut self) -> anyhow::Result<Option<String>> {
        Ok(self.child.try_wait()?.map(|status| status.to_string()))
    }

    async fn ready(&mut self) -> anyhow::Result<()> {
        let deadline = Instant::now() + PATIENCE;
        while Instant::now() < deadline {
            if let Some(status) = self.ended()? {
                bail!("the operator ended with {status}: its log is in the bed's folder");
            }
            if self.get("/readyz").is_ok() {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        bail!("the operator is not ready after {} s", PATIENCE.as_secs())
    }

    /// What it answers on its own port.
    ///
    /// # Errors
    /// When it does not answer 200.
    pub fn get(&self, path: &str) -> anyhow::Result<String> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port))?;
        stream.set_read_timeout(Some(Duration::from_secs(5)))?;
        write!(stream, "GET {path} HTTP/1.0\r\nHost: operator\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        let (head, body) = answer.split_once("\r\n\r\n").context("no answer")?;
        match head.contains(" 200 ") {
            true => Ok(body.to_owned()),
            false => bail!("{path}: {head}"),
        }
    }

    /// The process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// How many looks at Quarantines have ended.
    ///
    /// # Errors
    /// When it does not answer.
    pub fn looks(&self) -> anyhow::Result<f64> {
        let text = self.get("/metrics")?;
        let counted = |line: &&str| line.starts_with("firebreak_reconcile_total{kind=\"Quarantine\"");
        let values = text.lines().filter(counted).filter_map(|line| line.rsplit(' ').next());
        Ok(values.filter_map(|value| value.parse::<f64>().ok()).sum())
    }

    /// `VmRSS` and `VmHWM`, MiB: what is resident, and the most that ever was.
    ///
    /// # Errors
    /// When the process is gone.
    pub fn memory(&self) -> anyhow::Result<(f64, f64)> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let mib = |name: &str| {
            let line = status.lines().find(|line| line.starts_with(name))?;
            let kib: f64 = line.split_whitespace().nth(1)?.parse().ok()?;
            Some(kib / 1024.0)
        };
        mib("VmRSS:").zip(mib("VmHWM:")).context("no memory in /proc")
    }

    /// Ends it as a rollout does: it gives its lease back.
    ///
    /// # Errors
    /// When it does not end.
    pub async fn stop(mut self) -> anyhow::Result<()> {
        Command::new("kill").arg(self.child.id().to_string()).status()?;
        let deadline = Instant::now() + PATIENCE;
        while self.child.try_wait()?.is_none() {
            if Instant::now() > deadline {
                bail!("the operator does not end");
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Ok(())
    }
}

impl Drop for Operator {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// The role of a pod in the operator's account, and no AWS setting of the user's: never a real account.
pub fn environment(aws_url: &str) -> Vec<(String, String)> {
    let own = |name: &str| name.starts_with("AWS_") || name.starts_with("FIREBREAK_");
    let kept = std::env::vars().filter(|(name, _)| !own(name));
    let key = crate::asked::access_key(crate::objects::OPERATOR_ACCOUNT);
    let given = [
        ("AWS_ENDPOINT_URL", aws_url),
        ("AWS_REGION", REGION),
        ("AWS_EC2_METADATA_DISABLED", "true"),
        ("AWS_ACCESS_KEY_ID", &key),
        ("AWS_SECRET_ACCESS_KEY", "secret"),
        ("AWS_SESSION_TOKEN", "token"),
        ("NO_COLOR", "1"),
    ];
    let given = given.map(|(name, value)| (name.to_owned(), value.to_owned()));
    kept.chain(given).collect()
}
