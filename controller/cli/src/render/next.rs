//! What a person can type next: nothing that would be refused.

use firebreak_core::{engine::Standing, run::Run};

/// Who reads, and in which roles they may decide.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reader {
    /// Their username; none where the API server did not say.
    pub by: Option<String>,
    /// Roles in which they may decide in the namespace, of those that matter.
    pub may: Vec<String>,
}

impl Reader {
    /// The role in which an approval helps most: a missing one, else that of every approver, else any.
    pub fn role(&self, standing: &Standing) -> Option<&str> {
        let missing = standing.voices.missing(&standing.requirement);
        let helps = |role: &&String| missing.contains(&role.as_str());
        let usual = |role: &&String| *role == APPROVER;
        let found = self.may.iter().find(helps).or_else(|| self.may.iter().find(usual));
        found.or(self.may.first()).map(String::as_str)
    }

    fn requested(&self, run: &Run) -> bool {
        self.by.is_some() && self.by == run.spec.requested_by
    }

    /// Whether they changed the spec since the containment was first planned: then their approval does not count either.
    fn edited(&self, run: &Run) -> bool {
        let mut asked = run.spec.asked.by.iter().chain(&run.status.asked.by);
        asked.any(|name| Some(name) == self.by.as_ref())
    }

    fn approved(&self, standing: &Standing, role: &str) -> bool {
        let given = &standing.voices.approvals;
        given
            .iter()
            .any(|(by, given)| Some(by) == self.by.as_ref() && given == role)
    }
}

/// The role of every approver.
pub const APPROVER: &str = "approver";

/// Every role that somebody could decide in for this run.
pub fn roles(standing: &Standing) -> Vec<String> {
    let required = standing.requirement.approver_roles.iter().cloned();
    let known = [APPROVER, "security"].map(str::to_owned);
    let mut all: Vec<String> = required.chain(known).collect();
    let mut seen = std::collections::BTreeSet::new();
    all.retain(|role| seen.insert(role.clone()));
    all
}

/// What to type after having read a recorded plan.
pub fn next_for(run: &Run, standing: &Standing, reader: &Reader, name: &str, namespace: &str) -> Vec<String> {
    let at = format!("{name} -n {namespace}");
    if !run.is_open() || standing.all || standing.voices.rejected.is_some() {
        return vec![format!("kubectl firebreak status {at}")];
    }
    let mut next = vec![approve(run, standing, reader, &at)];
    if !reader.may.is_empty() {
        next.push(format!("kubectl firebreak reject {at} --reason '...'"));
    }
    next
}

fn approve(run: &Run, standing: &Standing, reader: &Reader, at: &str) -> String {
    let command = |role: Option<&str>| {
        let role = role.filter(|role| *role != APPROVER);
        let role = role.map_or_else(String::new, |role| format!(" --approver-role {role}"));
        format!("kubectl firebreak approve {at}{role} --digest {}", run.reference.digest)
    };
    let missing = standing.voices.missing(&standing.requirement);
    let others = command(missing.first().copied());
    match reader.role(standing) {
        _ if reader.requested(run) => format!("you requested this run; another person must approve it: {others}"),
        _ if reader.edited(run) => format!("you have changed the spec; another person must approve it: {others}"),
        None => format!("you may not approve here; ask somebody who may: {others}"),
        Some(role) if reader.approved(standing, role) => {
            format!("you have approved it; another person must, too: {others}")
        }
        Some(role) => command(Some(role)),
    }
}

#[cfg(test)]
#[path = "next_tests.rs"]
mod tests;
