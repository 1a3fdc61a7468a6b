//! What must be made once in AWS before addresses can be blocked: two empty IP sets, and two rules that block what is in them. It is
//! printed and not done: writing a web ACL takes a power that an incident does not need.

use crate::aws::wafv2::{IpVersion, prepared_name};
use firebreak_crds::WafScope;

/// A web ACL that is to be prepared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preparation {
    /// In front of what it stands.
    pub scope: WafScope,
    /// Its region.
    pub region: String,
    /// Its name.
    pub name: String,
    /// Its id.
    pub id: String,
}

/// The name of the rule that is made for a family of addresses.
pub fn rule_name(version: IpVersion) -> &'static str {
    match version {
        IpVersion::Ipv4 => "FirebreakBlockIpv4",
        IpVersion::Ipv6 => "FirebreakBlockIpv6",
    }
}

impl Preparation {
    /// A shell script that does it with the AWS CLI and jq. Every other rule stays as it is and in its order: the two come first, and the
    /// priorities of the others are raised by two. What AWS changes meanwhile makes the last call fail, under the lock token.
    pub fn script(&self) -> String {
        let head = "set -eu\n# 1. Two empty IP sets, to which Firebreak adds what is blocked, and no others.\n";
        let sets = [(IpVersion::Ipv4, "V4", "IPV4"), (IpVersion::Ipv6, "V6", "IPV6")].map(|it| self.set(it));
        let (acl, update) = (self.acl(), self.update());
        format!(
            "{head}{}# 2. Two rules before all others, which block what is in the sets. All else is sent back as it was read.\n{acl}{update}",
            sets.concat()
        )
    }

    fn place(&self) -> String {
        let scope = match self.scope {
            WafScope::Regional => "REGIONAL",
            WafScope::CloudFront => "CLOUDFRONT",
        };
        format!("--region {} --scope {scope}", self.region)
    }

    fn set(&self, (version, variable, family): (IpVersion, &str, &str)) -> String {
        format!(
            "{variable}=$(aws wafv2 create-ip-set {} --name {} \\\n  --ip-address-version {family} --addresses '[]' --query Summary.ARN --output text)\n",
            self.place(),
            prepared_name(version, &self.id)
        )
    }

    fn acl(&self) -> String {
        format!(
            "aws wafv2 get-web-acl {} --name {} --id {} > web-acl.json\n",
            self.place(),
            self.name,
            self.id
        )
    }

    fn update(&self) -> String {
        let rules = [(IpVersion::Ipv4, "$v4", 0), (IpVersion::Ipv6, "$v6", 1)].map(rule);
        format!(
            "jq --arg v4 \"$V4\" --arg v6 \"$V6\" '{{LockToken}} + (.WebACL | {{Name, Id}} + {{{KEPT}}}
  | .Rules = [{}] + ((.Rules // []) | map(.Priority += 2)) | with_entries(select(.value != null)))' web-acl.json > update.json
aws wafv2 update-web-acl {} --cli-input-json file://update.json\n",
            rules.join(",\n    "),
            self.place()
        )
    }
}

/// What UpdateWebACL takes of a web ACL: what is left out would be cleared (WAFV2 API reference, UpdateWebACL).
const KEPT: &str = "DefaultAction, Description, Rules, VisibilityConfig, DataProtectionConfig,
    CustomResponseBodies, CaptchaConfig, ChallengeConfig, TokenDomains, AssociationConfig, OnSourceDDoSProtectionConfig, ApplicationConfig,
    MonetizationConfig";

fn rule((version, set, priority): (IpVersion, &str, u8)) -> String {
    let name = rule_name(version);
    format!(
        "{{Name: \"{name}\", Priority: {priority}, Action: {{Block: {{}}}}, Statement: {{IPSetReferenceStatement: {{ARN: {set}}}}},
     VisibilityConfig: {{SampledRequestsEnabled: true, CloudWatchMetricsEnabled: true, MetricName: \"{name}\"}}}}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn script_makes_the_sets_and_puts_the_rules_first() {
        let web_acl = Preparation {
            scope: WafScope::CloudFront,
            region: "us-east-1".into(),
            name: "shop".into(),
            id: "a1b2c3d4-5678-90ab-cdef-0123456789ab".into(),
        };
        let script = web_acl.script();
        for part in [
            "--region us-east-1 --scope CLOUDFRONT --name firebreak-ipv4-a1b2c3d4-5678-90ab-cdef-0123456789ab",
            "--name firebreak-ipv6-a1b2c3d4-5678-90ab-cdef-0123456789ab",
            "--name shop --id a1b2c3d4-5678-90ab-cdef-0123456789ab > web-acl.json",
            "{LockToken}",
            "Name: \"FirebreakBlockIpv4\", Priority: 0, Action: {Block: {}}",
            "Name: \"FirebreakBlockIpv6\", Priority: 1, Action: {Block: {}}",
            "map(.Priority += 2)",
        ] {
            assert!(script.contains(part), "{part}\n{script}");
        }
    }
}
