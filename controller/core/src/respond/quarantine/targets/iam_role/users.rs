//! Who runs with a role, for information only: what AWS does not tell of it is said, and holds nothing back.

use crate::{
    aws::{
        Query,
        ecs::EcsRead,
        iam::{IamRead, Role, UsersOfRole},
        lambda::LambdaRead,
    },
    blocked::Stop,
    facts::Facts,
    respond::quarantine::{Context, targets::sessions::lenient},
    run::step::Dependent,
};
use firebreak_crds::IamRoleTarget;

/// How many unread answers are told with their reasons.
pub(super) const MOST_UNKNOWN: usize = 4;

/// What runs with the role, and notes on what is not known of it: a region that is disabled, down or very large takes nothing away from
/// the containment of a role that holds in every region.
pub(super) fn dependents(
    context: &Context<'_>,
    spec: &IamRoleTarget,
    role: &Role,
    facts: &Facts,
) -> Result<(Vec<Dependent>, Vec<String>), Stop> {
    let sources = sources(context, spec, role);
    facts.ask(sources.iter().map(|(_, query)| query.clone()))?;
    let (mut found, mut unknown) = (Vec::new(), Vec::new());
    for (kind, query) in sources {
        let (names, unread) = users(facts, query)?;
        unknown.extend(unread.map(|why| (kind.clone(), why)));
        found.extend(names.into_iter().map(|name| Dependent {
            kind: kind.clone(),
            name,
        }));
    }
    found.sort();
    Ok((found, unknown_notes(&unknown)))
}

/// Who may run with the role, by what they are called, and the question that tells.
fn sources(context: &Context<'_>, spec: &IamRoleTarget, role: &Role) -> Vec<(String, Query)> {
    let profiles = Query::Iam(IamRead::InstanceProfilesOfRole {
        role: spec.role_name.clone(),
    });
    let mut sources = vec![("instance profile".to_owned(), profiles)];
    for region in &context.account.regions {
        let (region, role_arn) = (region.clone(), role.arn.clone());
        let services = Query::Ecs(EcsRead::ServicesOfRole {
            region: region.clone(),
            role_arn: role_arn.clone(),
        });
        sources.push((format!("ECS service in {region}"), services));
        sources.push((
            format!("Lambda function in {region}"),
            Query::Lambda(LambdaRead::FunctionsOfRole { region, role_arn }),
        ));
    }
    sources
}

fn users(facts: &Facts, query: Query) -> Result<(Vec<String>, Option<String>), Stop> {
    if matches!(query, Query::Iam(IamRead::InstanceProfilesOfRole { .. })) {
        let names = lenient::<Vec<String>>(facts, query)?;
        return Ok(names.map_or_else(|why| (Vec::new(), Some(why)), |names| (names.unwrap_or_default(), None)));
    }
    let users = lenient::<UsersOfRole>(facts, query)?.map(Option::unwrap_or_default);
    Ok(users.map_or_else(|why| (Vec::new(), Some(why)), |users| (users.names, users.unread)))
}

/// The first few are told one by one; of the others, which they are.
fn unknown_notes(unknown: &[(String, String)]) -> Vec<String> {
    let (told, rest) = unknown.split_at(unknown.len().min(MOST_UNKNOWN));
    let one = |(kind, why): &(String, String)| format!("Unknown, whether it is used by: {kind} ({why})");
    let kinds: Vec<&str> = rest.iter().map(|(kind, _)| kind.as_str()).collect();
    let others = (!kinds.is_empty()).then(|| format!("Unknown too, whether it is used by: {}", kinds.join(", ")));
    told.iter().map(one).chain(others).collect()
}
