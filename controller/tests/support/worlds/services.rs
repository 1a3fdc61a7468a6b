//! ECS services.

use super::*;

pub(super) fn specs() -> Vec<Spec> {
    vec![isolate(), swap(), scale()]
}

fn isolate() -> Spec {
    Spec {
        name: "ecsService/Isolate",
        target: || service("Isolate"),
        owns: &["security_groups/sg-api", "scalable_targets/prod/api", "targetgroup/api"],
        already: |world| {
            let region = region(world);
            suspend(region, None);
            let arn = region.target_group_arn("api");
            region.target_groups.get_mut(&arn).unwrap().targets.clear();
            let group = region.security_groups.get_mut("sg-api").unwrap();
            group.ingress.clear();
            group.egress.clear();
        },
        foreign: Some((
            |world| {
                let group = region(world).security_groups.get_mut("sg-api").unwrap();
                group.ingress.insert(cidr_rule("tcp", 22, "198.51.100.7/32"));
            },
            "Rules",
        )),
        missing: no_service,
        replaces_tasks: false,
    }
}

fn swap() -> Spec {
    Spec {
        name: "ecsService/SwapSecurityGroups",
        target: || service("SwapSecurityGroups"),
        owns: &[
            "services/api/network",
            "services/api/deployment",
            "scalable_targets/prod/api",
        ],
        already: |world| {
            let region = region(world);
            suspend(region, None);
            let api = region.service_mut("prod", "api").unwrap();
            api.deployment.minimum_healthy_percent = 0;
            api.deployment.maximum_percent = 100;
            api.deployment.availability_zone_rebalancing = false;
        },
        foreign: Some((
            |world| {
                let api = region(world).service_mut("prod", "api").unwrap();
                api.network.as_mut().unwrap().security_groups = vec!["sg-orders".into()];
            },
            "Deployment",
        )),
        missing: no_service,
        replaces_tasks: true,
    }
}

fn scale() -> Spec {
    Spec {
        name: "ecsService/ScaleToZero",
        target: || service("ScaleToZero"),
        owns: &["services/api/desired_count", "scalable_targets/prod/api"],
        already: |world| {
            let region = region(world);
            suspend(region, Some(0));
            rebuilt(
                region,
                Service::of("api:1", 0)
                    .network(&["subnet-a", "subnet-b"], &["sg-api"])
                    .behind("api", 8080),
            );
        },
        foreign: Some((
            |world| region(world).service_mut("prod", "api").unwrap().desired_count = 7,
            "DesiredCount",
        )),
        missing: no_service,
        replaces_tasks: true,
    }
}

fn no_service(world: &mut World) {
    region(world).clusters.get_mut("prod").unwrap().services.remove("api");
}

fn suspend(region: &mut Region, min: Option<i32>) {
    let Some(target) = region.scalable_targets.get_mut("prod/api") else {
        return;
    };
    target.min = min.unwrap_or(target.min);
    target.suspended = Suspension::ALL;
}
