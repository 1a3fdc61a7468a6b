//! What the containers of a task definition fetch or talk to, as far as its text names AWS: where that lies.

use serde::{Deserialize, Serialize};

/// The suffixes of the names under which AWS answers.
const SUFFIXES: [&str; 2] = [".amazonaws.com", ".amazonaws.com.cn"];

/// One name in a task definition that leads somewhere else. Of a variable only the host is read: it may hold a secret.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
#[serde(rename_all = "camelCase")]
pub struct Reference {
    /// What names it, such as the image of web.
    pub what: String,
    /// The name: an image, an ARN, a region, or a host.
    pub at: String,
}

impl Reference {
    /// That name.
    pub fn new(what: impl Into<String>, at: impl Into<String>) -> Self {
        let (what, at) = (what.into(), at.into());
        Self { what, at }
    }

    /// Whether the name contains the region as a word of its own: `us-east-1` is none in `us-east-10`.
    pub fn names(&self, region: &str) -> bool {
        let is_word = |letter: Option<char>| letter.is_some_and(char::is_alphanumeric);
        self.at.match_indices(region).any(|(start, _)| {
            let before = self.at.get(..start).and_then(|text| text.chars().next_back());
            let after = self.at.get(start + region.len()..).and_then(|text| text.chars().next());
            !is_word(before) && !is_word(after)
        })
    }
}

/// The first host of AWS in a text, such as that of a database's URL; never what stands around it.
pub fn host(text: &str) -> Option<&str> {
    let is_part = |letter: char| letter.is_ascii_alphanumeric() || letter == '-' || letter == '.';
    let mut words = text.split(|letter: char| !is_part(letter));
    words.find(|word| SUFFIXES.iter().any(|suffix| word.ends_with(suffix)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn region_is_named_as_a_word_of_its_own() {
        for (at, names) in [
            ("222222222222.dkr.ecr.us-east-1.amazonaws.com/shop:7", true),
            ("arn:aws:secretsmanager:us-east-1:222222222222:secret:db", true),
            ("us-east-1", true),
            ("orders.abc.us-east-10.rds.amazonaws.com", false),
            ("public.ecr.aws/nginx", false),
            ("ünïus-east-1", false),
        ] {
            assert_eq!(Reference::new("image", at).names("us-east-1"), names, "{at}");
        }
    }

    #[test]
    fn host_is_read_without_what_stands_around_it() {
        for (text, found) in [
            (
                "postgres://shop:hunter2@orders.abc.us-east-1.rds.amazonaws.com:5432/shop",
                Some("orders.abc.us-east-1.rds.amazonaws.com"),
            ),
            ("hunter2", None),
            ("https://amazonaws.com.example.org", None),
            ("x.cn-north-1.amazonaws.com.cn", Some("x.cn-north-1.amazonaws.com.cn")),
        ] {
            assert_eq!(host(text), found, "{text}");
        }
    }
}
