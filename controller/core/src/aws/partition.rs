//! The partitions of AWS: groups of regions with ARNs, accounts and a domain of their own.

/// The domains of the partitions `aws`, `aws-cn`, `aws-eusc`, `aws-iso`, `aws-iso-b`, `aws-iso-e` and `aws-iso-f` (`aws-us-gov`
/// shares the first), in which services are named as principals (botocore's partitions.json, 2026).
pub const DOMAINS: [&str; 7] = [
    "amazonaws.com",
    "amazonaws.com.cn",
    "amazonaws.eu",
    "c2s.ic.gov",
    "sc2s.sgov.gov",
    "cloud.adc-e.uk",
    "csp.hci.ic.gov",
];

/// The name of a service principal without the domain of its partition: `cloudtrail` of `cloudtrail.amazonaws.com`.
pub fn service_of(principal: &str) -> Option<&str> {
    DOMAINS
        .iter()
        .find_map(|domain| principal.strip_suffix(domain)?.strip_suffix('.'))
        .filter(|name| !name.is_empty())
}

/// The domains in which a partition names its services: its own, and the common one, in which many are named everywhere.
pub fn domains(partition: &str) -> Vec<&'static str> {
    let own = match partition {
        "aws-cn" => Some("amazonaws.com.cn"),
        "aws-eusc" => Some("amazonaws.eu"),
        "aws-iso" => Some("c2s.ic.gov"),
        "aws-iso-b" => Some("sc2s.sgov.gov"),
        "aws-iso-e" => Some("cloud.adc-e.uk"),
        "aws-iso-f" => Some("csp.hci.ic.gov"),
        _ => None,
    };
    std::iter::once("amazonaws.com").chain(own).collect()
}

/// The partition that an ARN names; `aws` where it is none.
pub fn of_arn(arn: &str) -> &str {
    match arn.split(':').collect::<Vec<_>>()[..] {
        ["arn", partition, _, _, _, ..] if !partition.is_empty() => partition,
        _ => "aws",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn services_are_known_in_every_partition() {
        for domain in DOMAINS {
            assert_eq!(
                service_of(&format!("delivery.logs.{domain}")),
                Some("delivery.logs"),
                "{domain}"
            );
        }
        for other in ["amazonaws.com", "evilamazonaws.com", "ec2.amazonaws.com.evil.org", ""] {
            assert_eq!(service_of(other), None, "{other}");
        }
    }

    #[test]
    fn every_domain_is_one_of_a_partition() {
        let partitions = [
            "aws",
            "aws-cn",
            "aws-us-gov",
            "aws-eusc",
            "aws-iso",
            "aws-iso-b",
            "aws-iso-e",
            "aws-iso-f",
        ];
        let mut named: Vec<&str> = partitions.into_iter().flat_map(domains).collect();
        named.sort_unstable();
        named.dedup();
        let mut all = DOMAINS;
        all.sort_unstable();
        assert_eq!(named, all);
    }

    #[test]
    fn partitions_are_read_from_arns() {
        for partition in [
            "aws",
            "aws-cn",
            "aws-us-gov",
            "aws-iso",
            "aws-iso-b",
            "aws-iso-e",
            "aws-iso-f",
            "aws-eusc",
        ] {
            assert_eq!(of_arn(&format!("arn:{partition}:iam::123456789012:role/a")), partition);
        }
        assert_eq!(of_arn("role/a"), "aws");
    }
}
