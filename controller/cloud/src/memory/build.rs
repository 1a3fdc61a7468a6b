//! Making worlds in tests: accounts, identities and regions, one call each.

mod buckets;
mod failovers;
mod findings;
mod functions;
mod identities;
mod instances;
mod networks;
mod services;
mod waf;

pub use networks::{all_traffic, cidr_rule, group_rule};

use super::world::{Account, IamRole, IamUser, Region, World};
use serde_json::Value;

impl World {
    /// A world without accounts.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an account, or adds to it.
    #[must_use]
    pub fn with_account(mut self, id: &str, build: impl FnOnce(Account) -> Account) -> Self {
        let account = self.accounts.remove(id).unwrap_or_else(|| Account {
            id: id.into(),
            ..Account::default()
        });
        self.accounts.insert(id.into(), build(account));
        self
    }
}

impl Account {
    /// Adds a role; its ARN comes from its path and name.
    #[must_use]
    pub fn with_role(mut self, name: &str, mut role: IamRole) -> Self {
        role.facts.arn = format!("arn:aws:iam::{}:role{}{name}", self.id, role.facts.path);
        self.roles.insert(name.into(), role);
        self
    }

    /// Adds a user; its name, and its ARN under the path `/`, come from the name.
    #[must_use]
    pub fn with_user(mut self, name: &str, mut user: IamUser) -> Self {
        user.facts.name = name.into();
        user.facts.arn = format!("arn:aws:iam::{}:user/{name}", self.id);
        self.users.insert(name.into(), user);
        self
    }

    /// Adds a customer managed policy under the path `/`.
    #[must_use]
    pub fn with_policy(mut self, name: &str, document: Value) -> Self {
        self.managed_policies
            .insert(format!("arn:aws:iam::{}:policy/{name}", self.id), document);
        self
    }

    /// Adds a region, or adds to it.
    #[must_use]
    pub fn with_region(mut self, name: &str, build: impl FnOnce(Region) -> Region) -> Self {
        let region = std::mem::take(self.region_or_empty(name));
        self.regions.insert(name.into(), build(region));
        self
    }
}
