//! Whose findings messages name, and which of them are read back, of whom.

use super::{
    super::{
        asking::{FROM_QUEUE, Problem, Site, missing, reach},
        world::{Account, Subject},
    },
    hint::{self, Hint},
    letter::{Answered, Letter, Told},
};
use crate::aws::{access::Access, sqs::Message};
use firebreak_crds::Reason;
use serde_json::Value;
use std::collections::BTreeMap;

type Accounts = BTreeMap<String, Account>;

/// Findings of one site that are read back.
#[derive(Clone, Debug, PartialEq)]
pub struct ReadBack {
    /// Of whom.
    pub site: Site,
    /// With which roles.
    pub access: Access,
    /// Their ids.
    pub ids: Vec<String>,
}

/// What each message tells.
pub fn sorted(subject: &Subject, accounts: &Accounts, messages: Vec<Message>) -> Vec<Letter> {
    let letter = |message: Message| Letter {
        told: told(subject, accounts, &message.body),
        message,
        settled: None,
    };
    messages.into_iter().map(letter).collect()
}

fn told(subject: &Subject, accounts: &Accounts, body: &str) -> Told {
    let hint = match hint::read(body) {
        Ok(hint) => hint,
        Err(why) => return Told::Nothing(why.to_owned()),
    };
    let named = || named(subject).map(|name| (name, accounts.get(name)));
    let own = named().find_map(|(name, account)| match account {
        Some(Account::Known(account)) if account.account_id == hint.account_id => Some((name, account)),
        _ => None,
    });
    match own {
        Some((name, account)) => match reach(subject, FROM_QUEUE, name, account, &hint.region) {
            Ok(_) => finding(name, hint),
            Err(problem) => Told::Nothing(problem.message),
        },
        // It may be the account of one that is created, or can be read, a moment later.
        None if named().any(|(_, account)| !matches!(account, Some(Account::Known(_)))) => Told::Undecided,
        None => Told::Foreign(hint.account_id),
    }
}

fn finding(account: &str, hint: Hint) -> Told {
    Told::Finding {
        site: Site {
            account: account.to_owned(),
            region: hint.region.clone(),
        },
        hint: Box::new(hint),
        answered: Answered::Unasked,
    }
}

fn named(subject: &Subject) -> impl Iterator<Item = &str> {
    let accounts = subject.spec.sqs.iter().flat_map(|sqs| &sqs.accounts);
    accounts.map(|one| one.name.as_str())
}

/// What is to be read back, each finding once.
pub fn read_backs(subject: &Subject, accounts: &Accounts, letters: &[Letter]) -> Vec<ReadBack> {
    let mut ids: BTreeMap<&Site, Vec<String>> = BTreeMap::new();
    for letter in letters {
        if let Told::Finding { site, hint, .. } = &letter.told {
            let of_site = ids.entry(site).or_default();
            if !of_site.contains(&hint.id) {
                of_site.push(hint.id.clone());
            }
        }
    }
    let each = ids.into_iter().filter_map(|(site, ids)| {
        let Some(Account::Known(account)) = accounts.get(&site.account) else {
            return None;
        };
        let access = reach(subject, FROM_QUEUE, &site.account, account, &site.region).ok()?;
        Some(ReadBack {
            site: site.clone(),
            access: *access,
            ids,
        })
    });
    each.collect()
}

/// Notes what the product says of the findings of one site.
pub fn answered(letters: &mut [Letter], of: &Site, answer: &Result<Vec<Value>, Problem>) {
    for letter in letters {
        let Told::Finding { site, hint, answered } = &mut letter.told else {
            continue;
        };
        if site == of {
            *answered = match answer {
                Err(_) => Answered::Failed,
                Ok(values) => {
                    let found = values.iter().find(|value| value["id"] == hint.id.as_str());
                    found.cloned().map_or(Answered::Missing, Answered::Found)
                }
            };
        }
    }
}

/// The AwsAccounts of which no finding can be read, and why.
pub fn account_problems(subject: &Subject, accounts: &Accounts) -> BTreeMap<Site, Problem> {
    let each = named(subject).filter_map(|name| {
        let problem = account_problem(subject, name, accounts.get(name))?;
        let site = Site {
            account: name.to_owned(),
            region: String::new(),
        };
        Some((site, problem))
    });
    each.collect()
}

fn account_problem(subject: &Subject, name: &str, account: Option<&Account>) -> Option<Problem> {
    let account = match account {
        Some(Account::Known(account)) => account,
        Some(Account::Unreadable(why)) => {
            return Some(Problem {
                reason: Reason::Unreadable,
                message: format!("{}: {why}", FROM_QUEUE.accounts),
            });
        }
        Some(Account::Absent) | None => return Some(missing(FROM_QUEUE.accounts, name)),
    };
    let mut regions = account.regions.iter();
    let mut refused = None;
    let reached = regions.any(|region| match reach(subject, FROM_QUEUE, name, account, region) {
        Ok(_) => true,
        Err(problem) => {
            refused.get_or_insert(problem);
            false
        }
    });
    refused.filter(|_| !reached)
}
