//! GuardDuty's samples, for tests: each in the form in which EventBridge delivers it.

use serde_json::Value;

pub(crate) fn sample(name: &str) -> Value {
    let text = match name {
        "attack_sequence" => include_str!("../../../data/findings/attack_sequence.json"),
        "ec2_mining" => include_str!("../../../data/findings/ec2_mining.json"),
        "ecs_runtime" => include_str!("../../../data/findings/ecs_runtime.json"),
        "ecs_second_type" => include_str!("../../../data/findings/ecs_second_type.json"),
        "eks_audit" => include_str!("../../../data/findings/eks_audit.json"),
        "iam_exfiltration" => include_str!("../../../data/findings/iam_exfiltration.json"),
        "iam_user_key" => include_str!("../../../data/findings/iam_user_key.json"),
        "lambda_network" => include_str!("../../../data/findings/lambda_network.json"),
        "rds_login" => include_str!("../../../data/findings/rds_login.json"),
        "s3_exfiltration" => include_str!("../../../data/findings/s3_exfiltration.json"),
        "s3_public" => include_str!("../../../data/findings/s3_public.json"),
        "sample" => include_str!("../../../data/findings/sample.json"),
        other => panic!("there is no sample {other}"),
    };
    serde_json::from_str(text).unwrap()
}
