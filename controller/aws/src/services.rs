//! What is asked of AWS and written to it, one file or folder for each service.

pub(crate) mod application_autoscaling;
pub(crate) mod autoscaling;
pub(crate) mod cloudwatch;
pub(crate) mod ec2;
pub(crate) mod ecs;
pub(crate) mod elbv2;
pub(crate) mod failovers;
pub(crate) mod guardduty;
pub(crate) mod iam;
pub(crate) mod lambda;
pub(crate) mod rds;
pub(crate) mod s3;
pub(crate) mod sqs;
pub(crate) mod sts;
pub(crate) mod task_definitions;
pub(crate) mod wafv2;

use crate::caller::Caller;
use firebreak_core::aws::{
    Answer, Cell, Query, Survey, Write,
    failure::{Failure, Receipt},
};

/// Answers a question. What a service answers is boxed: without optimisation, a function keeps room on the stack for each of its
/// arms.
pub(crate) async fn read(caller: &Caller<'_>, query: &Query) -> Result<Answer, Failure> {
    match query {
        Query::AutoScaling(read) => Box::pin(autoscaling::read(caller, read)).await,
        Query::Cell(cell) => Box::pin(read_cell(caller, cell)).await,
        Query::Ec2(read) => Box::pin(ec2::requests::read(caller, read)).await,
        Query::Ecs(read) => Box::pin(ecs::requests::read(caller, read)).await,
        Query::Elbv2(read) => Box::pin(elbv2::read(caller, read)).await,
        Query::Iam(read) => Box::pin(iam::requests::read(caller, read)).await,
        Query::Lambda(read) => Box::pin(lambda::read(caller, read)).await,
        Query::S3(read) => Box::pin(s3::requests::read(caller, read)).await,
        Query::Sts(read) => Box::pin(sts::read(caller, read)).await,
        Query::Wafv2(read) => Box::pin(wafv2::read(caller, read)).await,
    }
}

async fn read_cell(caller: &Caller<'_>, cell: &Cell) -> Result<Answer, Failure> {
    match cell {
        Cell::ApplicationAutoScaling(cell) => Box::pin(application_autoscaling::read_cell(caller, cell)).await,
        Cell::AutoScaling(cell) => Box::pin(autoscaling::read_cell(caller, cell)).await,
        Cell::Ec2(cell) => Box::pin(ec2::requests::read_cell(caller, cell)).await,
        Cell::Ecs(cell) => Box::pin(ecs::requests::read_cell(caller, cell)).await,
        Cell::Elbv2(cell) => Box::pin(elbv2::read_cell(caller, cell)).await,
        Cell::Iam(cell) => Box::pin(iam::requests::read_cell(caller, cell)).await,
        Cell::Lambda(cell) => Box::pin(lambda::read_cell(caller, cell)).await,
        Cell::Rds(cell) => Box::pin(rds::read_cell(caller, cell)).await,
        Cell::S3(cell) => Box::pin(s3::requests::read_cell(caller, cell)).await,
        Cell::Wafv2(cell) => Box::pin(wafv2::read_cell(caller, cell)).await,
    }
}

/// Answers many questions with one of AWS's batch reads.
pub(crate) async fn survey(
    caller: &Caller<'_>,
    survey: Survey,
    queries: &[Query],
) -> Result<Vec<(Query, Answer)>, Failure> {
    match survey {
        Survey::Identities => Box::pin(iam::details::answers(caller, queries)).await,
        Survey::Instances => Box::pin(ec2::surveys::instances(caller, queries)).await,
        Survey::Interfaces => Box::pin(ec2::surveys::interfaces(caller, queries)).await,
        Survey::Services => Box::pin(ecs::surveys::services(caller, queries)).await,
    }
}

/// Makes a write with the one session; what must be looked up for it is read with the other.
pub(crate) async fn make(writer: &Caller<'_>, reader: &Caller<'_>, write: &Write) -> Result<Receipt, Failure> {
    match write {
        Write::ApplicationAutoScaling(write) => Box::pin(application_autoscaling::make(writer, write)).await,
        Write::AutoScaling(write) => Box::pin(autoscaling::make(writer, reader, write)).await,
        Write::Ec2(write) => Box::pin(ec2::requests::make(writer, reader, write)).await,
        Write::Ecs(write) => Box::pin(ecs::requests::make(writer, write)).await,
        Write::Elbv2(write) => Box::pin(elbv2::make(writer, reader, write)).await,
        Write::Iam(write) => Box::pin(iam::requests::make(writer, reader, write)).await,
        Write::Lambda(write) => Box::pin(lambda::make(writer, reader, write)).await,
        Write::Rds(write) => Box::pin(rds::make(writer, write)).await,
        Write::S3(write) => Box::pin(s3::requests::make(writer, reader, write)).await,
        Write::Wafv2(write) => Box::pin(wafv2::make(writer, reader, write)).await,
    }
}
