//! The operator's binary.

use clap::Parser;
use firebreak_controller::{
    args::{Args, Command},
    install::Identity,
    operator,
};
use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    match perform(Args::parse()).await {
        Ok(code) => code,
        Err(error) => {
            eprintln!("firebreak-controller: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn perform(args: Args) -> anyhow::Result<ExitCode> {
    match args.command {
        Command::Manifests(who) => {
            let identity = Identity {
                namespace: who.namespace,
                service_account: who.service_account,
            };
            println!("{}", identity.manifests()?);
            Ok(ExitCode::SUCCESS)
        }
        Command::Run(run) => Ok(match operator::run(*run).await? {
            firebreak_controller::runtime::Ended::Released => ExitCode::SUCCESS,
            // The process that lost its lease must not go on; a restart makes it a candidate again.
            firebreak_controller::runtime::Ended::Lost => ExitCode::from(3),
        }),
    }
}
