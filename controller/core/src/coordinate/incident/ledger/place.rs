//! In which bucket the ledger of an Incident is, and whether its owner lets the namespace keep it there.

use super::super::world::{Found, Subject};
use crate::{
    aws::{access::Access, partition},
    blocked::Blocked,
    coordinate::source::Account,
    pattern,
    run::archive,
};
use firebreak_crds::{AwsAccountSpec, EvidenceStore, Reason};
use std::collections::BTreeMap;

/// The word by which AwsAccounts grant that ledgers are kept in their evidence bucket.
pub const GRANTED_AS: &str = "ledger";

/// Where the ledger of an Incident is.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Place {
    /// There is none: no bucket is named.
    #[default]
    Nowhere,
    /// It cannot be written, for this reason.
    Barred(Blocked),
    /// Here.
    At(Box<Site>),
}

/// A bucket, and how it is reached.
#[derive(Clone, Debug, PartialEq)]
pub struct Site {
    /// Name of the AwsAccount.
    pub account: String,
    /// As whom, and on whose behalf.
    pub access: Access,
    /// What every key begins with.
    pub prefix: String,
    /// The same as a URL, with the bucket.
    pub url: String,
}

/// Name of the AwsAccount whose bucket it is in: where it began, or else what the spec names, or that of the first response.
pub fn account(subject: &Subject, objects: &BTreeMap<String, Found>) -> Option<String> {
    let begun = begun(subject).map(|ledger| ledger.account.clone());
    let named = subject.spec.ledger_account_ref.as_ref().map(|one| one.name.clone());
    begun.or(named).or_else(|| first_response(subject, objects))
}

fn first_response(subject: &Subject, objects: &BTreeMap<String, Found>) -> Option<String> {
    let response = subject.spec.responses.first()?;
    if let Some(template) = &response.quarantine {
        return Some(template.account_ref.name.clone());
    }
    match objects.get(&response.quarantine_ref.as_ref()?.name)? {
        Found::Object(child) => Some(child.spec.account_ref.name.clone()),
        Found::Absent | Found::Unreadable(_) => None,
    }
}

/// The ledger, once there is an entry in it.
pub(super) fn begun(subject: &Subject) -> Option<&firebreak_crds::incident::LedgerStatus> {
    subject.status.ledger.as_ref().filter(|ledger| ledger.entries > 0)
}

/// Where it is, by what was found under the account's name.
pub fn place(subject: &Subject, name: &str, account: &Account) -> Place {
    // Nobody has asked for a ledger where the account is only that of a response.
    let is_asked = begun(subject).is_some() || subject.spec.ledger_account_ref.is_some();
    let barred = |reason, why: String| Place::Barred(Blocked::new(reason, why));
    let account = match account {
        Account::Known(account) => account,
        Account::Absent | Account::Unreadable(_) if !is_asked => return Place::Nowhere,
        Account::Unreadable(why) => return barred(Reason::Unreadable, why.clone()),
        Account::Absent => {
            let why = format!("there is no AwsAccount {name}: create it, or correct spec.ledgerAccountRef");
            return barred(Reason::AccountNotFound, why);
        }
    };
    match &account.evidence {
        None if is_asked => barred(
            Reason::EvidenceMissing,
            format!("the AwsAccount {name} names no evidence bucket: set its spec.evidence"),
        ),
        None => Place::Nowhere,
        Some(store) => judged(subject, name, account, store),
    }
}

fn judged(subject: &Subject, name: &str, account: &AwsAccountSpec, store: &EvidenceStore) -> Place {
    let owner = &subject.owner;
    let site = site(subject, name, account, store);
    if !is_granted(&site) {
        let why = format!(
            "the AwsAccount {name} grants namespace {} no {GRANTED_AS} in its evidence bucket: its owner adds the word to the kinds of a grant in spec.grants",
            owner.namespace
        );
        return Place::Barred(Blocked::new(Reason::AccountNotGranted, why));
    }
    match begun(subject).filter(|ledger| ledger.place != site.url) {
        None => Place::At(Box::new(site)),
        Some(ledger) => {
            let why = format!(
                "it begins in {}, and the AwsAccount {name} leads to {}: name the first bucket and prefix again in its spec.evidence",
                ledger.place, site.url
            );
            Place::Barred(Blocked::new(Reason::LedgerMoved, why))
        }
    }
}

/// The place of a ledger in a bucket.
pub fn site(subject: &Subject, name: &str, account: &AwsAccountSpec, store: &EvidenceStore) -> Site {
    let owner = &subject.owner;
    let prefix = archive::ledger_prefix(store, &owner.namespace, &owner.uid);
    Site {
        account: name.to_owned(),
        url: format!("s3://{}/{prefix}", store.bucket),
        prefix,
        access: Access {
            account: account.clone(),
            region: store.region.clone(),
            namespace: owner.namespace.clone(),
            name: owner.name.clone(),
            uid: owner.uid.clone(),
        },
    }
}

fn is_granted(site: &Site) -> bool {
    let (account, namespace) = (&site.access.account, &site.access.namespace);
    let has = |list: &[String], word: &str| list.iter().any(|one| one == "*" || one == word);
    let objects = site.url.replacen(
        "s3://",
        &format!("arn:{}:s3:::", partition::of_arn(&account.roles.read)),
        1,
    );
    let mut grants = account
        .grants
        .iter()
        .filter(|grant| has(&grant.namespaces, namespace) && has(&grant.kinds, GRANTED_AS));
    grants.any(|grant| grant.arn_patterns.iter().any(|one| pattern::matches(one, &objects)))
}
