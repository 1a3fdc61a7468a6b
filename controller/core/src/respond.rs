//! What each kind of object wants of AWS: one folder for each kind that writes it.

pub mod quarantine;
