//! Everything that is said, as pure functions from what was read to text.

pub mod change;
pub mod doctor;
pub mod failover;
pub mod harmless;
pub mod next;
pub mod operator;
pub mod orphans;
pub mod plan;
pub mod playbook;
pub mod status;
pub mod timeline;
pub mod tree;

use firebreak_crds::text;

/// Colour, where it is wanted.
#[derive(Clone, Copy, Debug)]
pub struct Paint(pub bool);

impl Paint {
    fn with(self, code: &str, text: &str) -> String {
        let text = text::one_line(text);
        match self.0 {
            true => format!("\u{1b}[{code}m{text}\u{1b}[0m"),
            false => text,
        }
    }

    /// A heading.
    pub fn bold(self, text: &str) -> String {
        self.with("1", text)
    }

    /// Less important.
    pub fn dim(self, text: &str) -> String {
        self.with("2", text)
    }

    /// As it should be.
    pub fn good(self, text: &str) -> String {
        self.with("32", text)
    }

    /// Not there yet.
    pub fn wait(self, text: &str) -> String {
        self.with("33", text)
    }

    /// Wrong, or not to be undone.
    pub fn bad(self, text: &str) -> String {
        self.with("31", text)
    }
}

/// The first digits of a digest, for places where it only helps the eye.
pub fn short_digest(digest: &str) -> String {
    digest.chars().take("sha256:".len() + 12).collect()
}
