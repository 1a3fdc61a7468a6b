//! A queue, by its ARN.

use std::{fmt, str::FromStr};

/// A standard queue.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Queue {
    /// The partition, such as aws.
    pub partition: String,
    /// The region.
    pub region: String,
    /// The account.
    pub account_id: String,
    /// Its name.
    pub name: String,
}

/// What is no ARN of a standard queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoQueue;

impl FromStr for Queue {
    type Err = NoQueue;

    fn from_str(arn: &str) -> Result<Self, NoQueue> {
        let ["arn", partition, "sqs", region, account_id, name] = arn.split(':').collect::<Vec<_>>()[..] else {
            return Err(NoQueue);
        };
        let word = |text: &str, most: usize, others: &str| {
            let fits = |c: char| c.is_ascii_alphanumeric() || others.contains(c);
            (1..=most).contains(&text.len()) && text.chars().all(fits)
        };
        let is_account = account_id.len() == 12 && account_id.chars().all(|c| c.is_ascii_digit());
        match word(partition, 32, "-") && word(region, 32, "-") && is_account && word(name, 80, "_-") {
            true => Ok(Self {
                partition: partition.to_owned(),
                region: region.to_owned(),
                account_id: account_id.to_owned(),
                name: name.to_owned(),
            }),
            false => Err(NoQueue),
        }
    }
}

impl fmt::Display for Queue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            partition,
            region,
            account_id,
            name,
        } = self;
        write!(f, "arn:{partition}:sqs:{region}:{account_id}:{name}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_queue_is_known_by_its_arn_alone() {
        let arn = "arn:aws-us-gov:sqs:us-gov-west-1:123456789012:firebreak-findings";
        assert_eq!(arn.parse::<Queue>().unwrap().to_string(), arn);
        for bad in [
            "",
            "findings",
            "arn:aws:sqs:us-east-1:123456789012:findings.fifo",
            "arn:aws:sqs:us-east-1:123456789012:",
            "arn:aws:sqs:us-east-1:12:findings",
            "arn:aws:sqs:us-east-1:123456789012:findings:more",
            "arn:aws:sns:us-east-1:123456789012:findings",
            "arn:aws:sqs:*:123456789012:findings",
        ] {
            assert_eq!(bad.parse::<Queue>(), Err(NoQueue), "{bad}");
        }
    }
}
