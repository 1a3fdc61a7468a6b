//! The strictness of the in-memory AWS.
