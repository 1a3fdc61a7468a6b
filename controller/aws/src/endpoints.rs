//! Which environment variables send AWS calls somewhere else: anyone who can set one gets Firebreak's credentials sent to
//! them, so outside of tests there must be none.

const PREFIX: &str = "AWS_ENDPOINT_URL";
const IGNORE: &str = "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS";

/// The names of the variables that override an endpoint, sorted; none when the environment tells the SDK to ignore them.
pub fn endpoint_overrides(env: impl Iterator<Item = (String, String)>) -> Vec<String> {
    let mut names = Vec::new();
    for (name, value) in env {
        if name == IGNORE && value.trim().eq_ignore_ascii_case("true") {
            return Vec::new();
        }
        if is_override(&name) {
            names.push(name);
        }
    }
    names.sort();
    names
}

/// Whether calls go somewhere else than to AWS, by the configuration or by the environment. There the names of buckets cannot
/// be part of host names.
pub(crate) fn is_overridden(endpoint: Option<&str>, env: impl Iterator<Item = (String, String)>) -> bool {
    endpoint.is_some() || !endpoint_overrides(env).is_empty()
}

fn is_override(name: &str) -> bool {
    name.strip_prefix(PREFIX)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('_'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn overrides(env: &[(&str, &str)]) -> Vec<String> {
        endpoint_overrides(env.iter().map(|(name, value)| ((*name).into(), (*value).into())))
    }

    #[test]
    fn every_endpoint_variable_is_named() {
        let env = [
            ("AWS_ENDPOINT_URL_STS", "x"),
            ("AWS_REGION", "us-east-1"),
            ("AWS_ENDPOINT_URL", "y"),
        ];
        assert_eq!(overrides(&env), ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_STS"]);
    }

    #[test]
    fn an_endpoint_is_overridden_by_configuration_or_environment() {
        let env = |name: &str| vec![(name.to_owned(), "x".to_owned())].into_iter();
        assert!(is_overridden(Some("http://127.0.0.1:5000"), env("AWS_REGION")));
        assert!(is_overridden(None, env("AWS_ENDPOINT_URL_S3")));
        assert!(!is_overridden(None, env("AWS_REGION")));
    }

    #[test]
    fn an_environment_without_them_has_none() {
        assert!(overrides(&[("AWS_REGION", "us-east-1"), ("AWS_ENDPOINT_URLS", "x")]).is_empty());
    }

    #[test]
    fn variables_that_the_sdk_ignores_do_not_count() {
        let ignored = |value| {
            overrides(&[
                ("AWS_ENDPOINT_URL", "x"),
                ("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", value),
            ])
        };
        assert!(ignored("true").is_empty());
        assert_eq!(ignored("false"), ["AWS_ENDPOINT_URL"]);
    }
}
