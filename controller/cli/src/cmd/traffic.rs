//! `traffic`: what web ACLs need once, before addresses can be blocked.

use crate::terminal;
use anyhow::{Result, bail};
use clap::{Args, Subcommand, ValueEnum};
use firebreak_core::respond::traffic::Preparation;
use firebreak_crds::WafScope;

/// What `traffic` is told.
#[derive(Args, Debug)]
pub struct Traffic {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand, Debug)]
enum What {
    /// Print the script that prepares a web ACL, to be read and run once with AWS credentials that may change it
    Prepare(Prepare),
}

/// Which web ACL.
#[derive(Args, Debug)]
pub struct Prepare {
    /// Name of the web ACL
    #[arg(value_parser = acl_name)]
    pub name: String,
    /// Its id: the last part of its ARN
    #[arg(long, value_parser = acl_id)]
    pub id: String,
    /// Its region
    #[arg(long, value_parser = region)]
    pub region: String,
    /// In front of what it stands
    #[arg(long, value_enum, ignore_case = true, default_value_t = Scope::Regional)]
    pub scope: Scope,
}

/// In front of what a web ACL stands.
#[derive(ValueEnum, Clone, Copy, Debug, PartialEq)]
pub enum Scope {
    /// Load balancers, API Gateway stages and other resources of one region
    #[value(name = "REGIONAL")]
    Regional,
    /// CloudFront distributions; the region is us-east-1
    #[value(name = "CLOUDFRONT")]
    CloudFront,
}

impl Traffic {
    /// Prints what was asked for.
    ///
    /// # Errors
    /// When there can be no such web ACL, or it cannot be printed.
    pub fn run(self) -> Result<()> {
        let What::Prepare(asked) = self.what;
        terminal::say(&asked.script()?)
    }
}

impl Prepare {
    fn script(self) -> Result<String> {
        let scope = match self.scope {
            Scope::Regional => WafScope::Regional,
            Scope::CloudFront => WafScope::CloudFront,
        };
        if scope == WafScope::CloudFront && self.region != "us-east-1" {
            bail!("--region: AWS WAF keeps what is in front of CloudFront in us-east-1");
        }
        let preparation = Preparation {
            scope,
            region: self.region,
            name: self.name,
            id: self.id,
        };
        Ok(preparation.script())
    }
}

/// What is printed is run by a shell: no other sign gets into it.
fn acl_name(text: &str) -> Result<String, String> {
    let plain = text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
    let good = plain && (1..=128).contains(&text.len());
    good.then(|| text.to_owned())
        .ok_or_else(|| "write the name of the web ACL, such as shop, not its ARN".into())
}

fn acl_id(text: &str) -> Result<String, String> {
    let plain = text.chars().all(|c| matches!(c, '0'..='9' | 'a'..='f' | '-'));
    (plain && text.len() == 36)
        .then(|| text.to_owned())
        .ok_or_else(|| "write the last part of the web ACL's ARN, such as a1b2c3d4-5678-90ab-cdef-0123456789ab".into())
}

fn region(text: &str) -> Result<String, String> {
    let plain = text
        .chars()
        .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
    (plain && (5..=32).contains(&text.len()))
        .then(|| text.to_owned())
        .ok_or_else(|| "write a region, such as us-east-1".into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::{Args as Line, Verb};
    use clap::Parser;

    const ID: &str = "a1b2c3d4-5678-90ab-cdef-0123456789ab";

    fn script(more: &str) -> Result<String> {
        let line = format!("firebreak traffic prepare shop --id {ID} {more}");
        match Line::try_parse_from(line.split(' '))?.verb {
            Verb::Traffic(Traffic {
                what: What::Prepare(asked),
            }) => asked.script(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn script_names_the_web_acl_and_its_place() {
        let regional = script("--region eu-west-1").unwrap();
        assert!(regional.contains("--region eu-west-1 --scope REGIONAL --name shop --id"));
        let front = script("--region us-east-1 --scope cloudfront").unwrap();
        assert!(front.contains("--region us-east-1 --scope CLOUDFRONT"));
        assert!(script("--region eu-west-1 --scope CLOUDFRONT").is_err());
    }

    #[test]
    fn nothing_that_a_shell_would_act_on_gets_into_the_script() {
        for name in ["", "shop;ls", "$(ls)", "a b", "arn:aws:wafv2:x", "'"] {
            assert!(acl_name(name).is_err(), "{name}");
        }
        for id in [
            "",
            "A1B2C3D4-5678-90ab-cdef-0123456789ab",
            "a1b2c3d4-5678-90ab-cdef-0123456789a;",
            "1",
        ] {
            assert!(acl_id(id).is_err(), "{id}");
        }
        assert!(region("us-east-1;ls").is_err() && region("US-EAST-1").is_err());
    }
}
