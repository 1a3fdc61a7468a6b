//! Laws: what holds for every target, every method and every world, whatever is killed, fails or is changed meanwhile.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod fake_api;
mod support;

mod laws {
    pub mod crash;
    pub mod custody;
    pub mod people;
    pub mod restore;
    pub mod status;
    pub mod surgery;
}
