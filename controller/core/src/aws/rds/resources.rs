//! On what RDS's actions are allowed.

use crate::aws::Scope;

pub(crate) const DATABASES: Scope = Scope::on(
    "Databases",
    &["arn:${Partition}:rds:*:${Account}:db:${TargetDatabases}"],
);
