//! All that is not I/O about AWS: one folder for each service, with what is read of it (`reads`, `facts`), what is written to
//! it (`writes`), the pieces of its state that are set and put back (`cells`), and on what IAM allows that (`resources`).

pub mod access;
mod answer;
pub mod application_autoscaling;
pub mod autoscaling;
mod call;
mod cell;
pub mod cloudwatch;
pub mod ec2;
pub mod ecs;
pub mod elbv2;
pub mod failure;
pub mod guardduty;
pub mod iam;
pub mod lambda;
pub mod partition;
mod query;
pub mod rds;
mod remaining;
pub mod s3;
pub mod samples;
mod site;
pub mod sqs;
pub mod sts;
mod survey;
mod table;
mod value;
pub mod wafv2;
mod write;

pub use answer::Answer;
pub use call::{Call, Condition, Grant, Idempotence, Power, Scope};
pub use cell::{Cell, Meaning};
pub use query::{Query, Question};
pub use remaining::{References, Remaining};
pub use site::Site;
pub use survey::{QUESTIONS_A_CALL, Survey};
pub use value::APPLY_TIME;
pub use write::Write;
