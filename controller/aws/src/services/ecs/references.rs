//! What the containers of a task definition fetch or talk to. Of a variable only the host is taken, and only one of AWS.

use super::described;
use crate::caller::Caller;
use aws_sdk_ecs::types::{ContainerDefinition, LogConfiguration};
use firebreak_core::aws::{
    ecs::{Reference, host},
    failure::Failure,
};

/// How many are taken: a bound against a task definition that names thousands.
const MOST: usize = 512;

/// Images, secrets, regions of logs, and hosts of AWS, in the order of the containers.
pub(crate) async fn references(caller: &Caller<'_>, arn: &str) -> Result<Vec<Reference>, Failure> {
    let definition = described(caller, arn).await?;
    let containers = definition.container_definitions().iter();
    Ok(containers.flat_map(of_container).take(MOST).collect())
}

fn of_container(container: &ContainerDefinition) -> Vec<Reference> {
    let name = container.name().unwrap_or_default();
    let image = container
        .image()
        .map(|image| Reference::new(format!("the image of {name}"), image));
    let logs = container.log_configuration();
    let credentials = container
        .repository_credentials()
        .map(|it| Reference::new(format!("the registry's secret of {name}"), it.credentials_parameter()));
    let secrets = container.secrets().iter();
    let secrets = secrets.map(|it| Reference::new(format!("secret {} of {name}", it.name()), it.value_from()));
    let variables = container.environment().iter().filter_map(|it| {
        let at = host(it.value()?)?;
        Some(Reference::new(format!("variable {} of {name}", it.name()?), at))
    });
    let files = container.environment_files().iter();
    let files = files.map(|it| Reference::new(format!("an environment file of {name}"), it.value()));
    let mut all: Vec<Reference> = image.into_iter().chain(credentials).chain(secrets).collect();
    all.extend(variables.chain(files));
    all.extend(logs.into_iter().flat_map(|logs| of_logs(logs, name)));
    all
}

fn of_logs(logs: &LogConfiguration, container: &str) -> Vec<Reference> {
    let region = logs.options().and_then(|options| options.get("awslogs-region"));
    let region = region.map(|region| Reference::new(format!("the log group of {container}"), region));
    let secrets = logs.secret_options().iter();
    let secrets = secrets.map(|it| {
        Reference::new(
            format!("secret {} of the logs of {container}", it.name()),
            it.value_from(),
        )
    });
    region.into_iter().chain(secrets).collect()
}
