//! Questions that one read answers together: the ranges of an IP set are cells of their own, and the set is read once for all of them.

use super::Ask;
use crate::aws::{Answer, Query};
use std::collections::BTreeMap;

/// One read, and the questions that it answers.
#[derive(Clone, Debug, PartialEq)]
pub struct Batch {
    /// What is asked.
    pub ask: Ask,
    parts: Vec<Ask>,
}

impl Batch {
    /// The reads that answer all of these questions.
    pub fn of(asked: Vec<Ask>) -> Vec<Self> {
        let mut batches: BTreeMap<Ask, Vec<Ask>> = BTreeMap::new();
        for ask in asked {
            let query = whole(&ask.query).unwrap_or_else(|| ask.query.clone());
            let site = ask.site.clone();
            batches.entry(Ask { site, query }).or_default().push(ask);
        }
        batches.into_iter().map(|(ask, parts)| Self { ask, parts }).collect()
    }

    /// What an answer to the read says to each of the questions.
    pub fn answers(self, answer: &Answer) -> Vec<(Ask, Answer)> {
        let part = |ask: Ask| {
            let answer = told(&ask.query, answer);
            (ask, answer)
        };
        self.parts.into_iter().map(part).collect()
    }
}

fn whole(query: &Query) -> Option<Query> {
    match query {
        Query::Cell(cell) => cell.part_of(),
        _ => None,
    }
}

/// What is not known of the whole is not known of a part.
fn told(query: &Query, answer: &Answer) -> Answer {
    match (query, answer) {
        (Query::Cell(cell), Answer::Found(whole)) if cell.part_of().is_some() => {
            Answer::Found(cell.within_answer(whole))
        }
        _ => answer.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::{
        Cell, Site,
        iam::IamRead,
        wafv2::{IpSet, IpSetId, Wafv2Cell, Wafv2Read},
    };
    use serde_json::json;

    fn ask(query: Query) -> Ask {
        Ask {
            site: Site::new("123456789012", "us-east-1"),
            query,
        }
    }

    fn set(name: &str) -> IpSetId {
        IpSetId {
            name: name.into(),
            ..IpSetId::default()
        }
    }

    fn range(name: &str, cidr: &str) -> Ask {
        ask(Query::Cell(Cell::Wafv2(Wafv2Cell::IpSetRange {
            ip_set: set(name),
            cidr: cidr.into(),
        })))
    }

    fn whole_of(name: &str) -> Ask {
        ask(Query::Wafv2(Wafv2Read::IpSet { ip_set: set(name) }))
    }

    #[test]
    fn a_set_is_read_once_for_all_of_its_ranges_and_for_itself() {
        let role = ask(Query::Iam(IamRead::Role { role: "a".into() }));
        let asked = vec![
            range("a", "192.0.2.1/32"),
            role.clone(),
            range("b", "192.0.2.1/32"),
            whole_of("a"),
            range("a", "192.0.2.2/32"),
        ];
        let batches = Batch::of(asked);
        let reads: Vec<&Ask> = batches.iter().map(|batch| &batch.ask).collect();
        assert_eq!(reads.len(), 3);
        for read in [&role, &whole_of("a"), &whole_of("b")] {
            assert!(reads.contains(&read), "{read:?}");
        }
        let of_a = batches.into_iter().find(|batch| batch.ask == whole_of("a")).unwrap();
        let found = Answer::found(&IpSet {
            addresses: vec!["192.0.2.2/32".into()],
            ..IpSet::default()
        });
        let expected = [
            (range("a", "192.0.2.1/32"), Answer::Found(json!(false))),
            (whole_of("a"), found.clone()),
            (range("a", "192.0.2.2/32"), Answer::Found(json!(true))),
        ];
        assert_eq!(of_a.answers(&found), expected);
    }

    #[test]
    fn what_is_not_known_of_a_set_is_not_known_of_its_ranges() {
        for answer in [
            Answer::NotFound,
            Answer::Throttled,
            Answer::Denied("no".into()),
            Answer::Unreachable("no".into()),
        ] {
            let [batch] = &Batch::of(vec![range("a", "192.0.2.1/32")])[..] else {
                panic!("one read");
            };
            assert_eq!(batch.clone().answers(&answer), [(range("a", "192.0.2.1/32"), answer)]);
        }
    }
}
