//! Lambda functions.

use super::*;

pub(super) fn specs() -> Vec<Spec> {
    vec![freeze()]
}

fn freeze() -> Spec {
    Spec {
        name: "lambdaFunction/Freeze",
        target: || function(NIGHTLY),
        owns: &["functions/payments-nightly/", "event_source_mappings/11111111"],
        already: |world| {
            let region = region(world);
            nightly(region).provisioned.clear();
            nightly(region).reserved = Some(0);
            nightly(region)
                .urls
                .values_mut()
                .for_each(|auth| *auth = "AWS_IAM".into());
            let own = |mapping: &&mut EventSourceMapping| mapping.function == NIGHTLY;
            let mappings = region.event_source_mappings.values_mut();
            mappings.filter(own).for_each(|mapping| mapping.enabled = false);
        },
        foreign: Some((|world| nightly(region(world)).reserved = Some(7), "Concurrency")),
        missing: |world| {
            region(world).functions.remove(NIGHTLY);
        },
        replaces_tasks: false,
    }
}
