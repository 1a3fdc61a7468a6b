//! What is said of an object beside its conditions: each kind puts it into its own status.

use firebreak_crds::PlanReference;

/// What is said of an object beside its conditions.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Summary {
    /// The generation of the spec that it speaks of.
    pub generation: i64,
    /// What it waits for, in a few words; none when it waits for nothing.
    pub waiting_for: Option<String>,
    /// What it acts on and how, in one line.
    pub title: Option<String>,
    /// Number of the current run.
    pub run: Option<u32>,
    /// The current run's plan.
    pub plan: Option<PlanReference>,
    /// Who the API server says last changed the spec.
    pub requested_by: Option<String>,
    /// Approvals that count, and how many are needed, such as `1/2`.
    pub approvals: Option<String>,
    /// Names of the Holds of the object.
    pub holds: Vec<String>,
    /// When the expiry ends (RFC 3339).
    pub expires_at: Option<String>,
    /// What people should know.
    pub notes: Vec<String>,
}
