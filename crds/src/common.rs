//! What more than one kind is made of.

pub mod bounds;
pub mod condition;
pub mod readable;
pub mod reference;
pub mod severity;
pub mod text;
