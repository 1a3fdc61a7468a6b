//! The operator's binary.

use clap::Parser;
use firebreak_controller::{
    args::{Args, Command},
    install, notifier, operator,
    runtime::Ended,
    uninstall,
};
use std::process::ExitCode;

/// The AWS SDK's futures are large, above all in debug builds: a worker's stack must hold the deepest of them. It is
/// address space only, until it is used.
const STACK_BYTES: usize = 32 * 1024 * 1024;

fn main() -> ExitCode {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .thread_stack_size(STACK_BYTES)
        .build();
    let outcome = runtime
        .map_err(anyhow::Error::from)
        .and_then(|runtime| runtime.block_on(perform(Args::parse())));
    match outcome {
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
            println!("{}", install::manifests(&who.identity())?);
            Ok(ExitCode::SUCCESS)
        }
        Command::CheckHolds(who) => {
            let holds = uninstall::holds(&who.namespace).await?;
            holds
                .iter()
                .for_each(|hold| eprintln!("{}", firebreak_crds::text::one_line(hold)));
            anyhow::ensure!(
                holds.is_empty(),
                "{} left: what it says stays changed in AWS, and without the operator nobody puts it back. End \
                 each as said above, then uninstall again",
                firebreak_crds::text::counted(holds.len(), "Hold")
            );
            println!("no Hold exists");
            Ok(ExitCode::SUCCESS)
        }
        Command::Run(run) => Ok(code(operator::run(*run).await?)),
        Command::Notify(notify) => Ok(code(notifier::run(*notify).await?)),
    }
}

fn code(ended: Ended) -> ExitCode {
    match ended {
        Ended::Released => ExitCode::SUCCESS,
        // The process that lost its lease must not go on; a restart makes it a candidate again.
        Ended::Lost => ExitCode::from(3),
    }
}
