//! One of each cell, read and write, with empty fields: for tests of what carries them out.

use super::{Cell, Query, Write};
use strum::IntoEnumIterator;

fn each<T: IntoEnumIterator, U>(wrap: fn(T) -> U) -> Vec<U> {
    T::iter().map(wrap).collect()
}

/// One of each cell.
pub fn cells() -> Vec<Cell> {
    [
        each(Cell::ApplicationAutoScaling),
        each(Cell::AutoScaling),
        each(Cell::Ec2),
        each(Cell::Ecs),
        each(Cell::Elbv2),
        each(Cell::Iam),
        each(Cell::Lambda),
        each(Cell::Rds),
        each(Cell::S3),
        each(Cell::Wafv2),
    ]
    .concat()
}

/// One of each read, those of cells among them.
pub fn queries() -> Vec<Query> {
    [
        each(Query::AutoScaling),
        each(Query::Ec2),
        each(Query::Ecs),
        each(Query::Elbv2),
        each(Query::Iam),
        each(Query::Lambda),
        each(Query::S3),
        each(Query::Sts),
        each(Query::Wafv2),
        cells().into_iter().map(Query::Cell).collect(),
    ]
    .concat()
}

/// One of each write.
pub fn writes() -> Vec<Write> {
    [
        each(Write::ApplicationAutoScaling),
        each(Write::AutoScaling),
        each(Write::Ec2),
        each(Write::Ecs),
        each(Write::Elbv2),
        each(Write::Iam),
        each(Write::Lambda),
        each(Write::Rds),
        each(Write::S3),
        each(Write::Wafv2),
    ]
    .concat()
}

#[cfg(test)]
mod tests {
    use super::{super::call::service_of, *};

    #[test]
    fn every_read_draws_on_the_budget_of_the_service_that_it_calls() {
        for query in queries() {
            assert_eq!(service_of(query.first_action()), Some(query.service()), "{query:?}");
        }
    }

    #[test]
    fn every_write_draws_on_the_budget_of_the_service_that_it_calls() {
        for write in writes() {
            assert_eq!(service_of(write.call().action), Some(write.service()), "{write:?}");
        }
    }
}
