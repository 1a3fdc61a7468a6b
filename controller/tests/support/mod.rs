//! A bench for laws and scenarios: the fake Kubernetes API server, the AWS in memory and the executor under one clock that
//! only moves when the bench moves it.
#![allow(dead_code, unreachable_pub)]

pub mod bench;
pub mod mutants;
pub mod read;
pub mod words;
pub mod worlds;

pub use bench::Bench;
