//! ECS services: tasks that protect themselves.

use crate::support::{Bench, words};
use firebreak_cloud::memory::{ACCOUNT, REGION};
use std::sync::Mutex;

/// A container that protects its own task as soon as the service is told to go: it may, with the task's own credentials
/// (ECS developer guide, "Task scale-in protection endpoint").
fn protects_itself(bench: &Bench) {
    let (aws, once) = (bench.aws.clone(), Mutex::new(true));
    bench.aws.on_call(move |call| {
        let told = call.is_write() && call.permission == "ecs:UpdateService";
        if told && std::mem::take(&mut *once.lock().unwrap()) {
            aws.change(|world| {
                let region = world
                    .accounts
                    .get_mut(ACCOUNT)
                    .unwrap()
                    .regions
                    .get_mut(REGION)
                    .unwrap();
                let tasks = region.clusters.get_mut("prod").unwrap().tasks.values_mut();
                tasks.for_each(|task| task.protected = true);
            });
        }
    });
}

#[tokio::test]
async fn tasks_that_protect_themselves_again_do_not_stay() {
    for method in ["SwapSecurityGroups", "ScaleToZero"] {
        let bench = Bench::free();
        bench.quarantined("q", words::service(method));
        let old: Vec<String> = running(&bench);
        protects_itself(&bench);
        assert_eq!(bench.settle_with_approvals("q").await, "Contained", "{method}");
        let left: Vec<String> = running(&bench).into_iter().filter(|task| old.contains(task)).collect();
        assert_eq!(left, [""; 0], "{method}");
    }
}

fn running(bench: &Bench) -> Vec<String> {
    bench.aws.look(|world| {
        let region = world.region(ACCOUNT, REGION).unwrap();
        region
            .tasks("prod", "api")
            .iter()
            .map(|task| task.arn.clone())
            .collect()
    })
}
