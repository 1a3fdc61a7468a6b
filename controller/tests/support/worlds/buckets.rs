//! S3 buckets.

use super::*;

pub(super) fn specs() -> Vec<Spec> {
    vec![block_public_access(), deny_bucket(), whole_bucket()]
}

fn block_public_access() -> Spec {
    Spec {
        name: "s3Bucket/BlockPublicAccess",
        target: || bucket(&["BlockPublicAccess"]),
        owns: &["buckets/payments-exports/public_access_block"],
        already: |world| exports(world).public_access_block = Some(PublicAccessBlock::ALL),
        foreign: Some((
            |world| exports(world).public_access_block = Some(half_blocked()),
            "PublicAccessBlock",
        )),
        missing: no_bucket,
        replaces_tasks: false,
    }
}

fn deny_bucket() -> Spec {
    Spec {
        name: "s3Bucket/DenyAll",
        target: || bucket(&["DenyAll"]),
        owns: &["buckets/payments-exports/policy"],
        already: |world| stated(world, &denial()),
        foreign: Some((
            |world| {
                let mut theirs = denial();
                theirs["Action"] = json!("s3:PutObject");
                stated(world, &theirs);
            },
            "PolicyStatement/FirebreakQuarantine",
        )),
        missing: no_bucket,
        replaces_tasks: false,
    }
}

fn whole_bucket() -> Spec {
    Spec {
        name: "s3Bucket/everything",
        target: || bucket(&["BlockPublicAccess", "DenyAll"]),
        owns: &[
            "buckets/payments-exports/policy",
            "buckets/payments-exports/public_access_block",
        ],
        already: |world| {
            (deny_bucket().already)(world);
            (block_public_access().already)(world);
        },
        ..deny_bucket()
    }
}

fn no_bucket(world: &mut World) {
    region(world).buckets.remove(EXPORTS);
}
