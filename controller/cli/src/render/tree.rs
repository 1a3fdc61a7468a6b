//! A tree of lines: each stays one line, whatever others wrote into it.

use super::harmless;

/// A line, and what belongs to it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tree {
    line: String,
    branches: Vec<Tree>,
}

impl Tree {
    /// A line.
    pub fn leaf(line: impl Into<String>) -> Self {
        Self {
            line: line.into(),
            branches: Vec::new(),
        }
    }

    /// A line with branches.
    pub fn with(line: impl Into<String>, branches: Vec<Self>) -> Self {
        Self {
            line: line.into(),
            branches,
        }
    }

    /// As text.
    pub fn text(&self) -> String {
        let mut out = format!("{}\n", harmless::line(&self.line));
        self.below("", &mut out);
        out
    }

    fn below(&self, indent: &str, out: &mut String) {
        for (at, branch) in self.branches.iter().enumerate() {
            let last = at + 1 == self.branches.len();
            let (twig, rest) = if last { ("└─ ", "   ") } else { ("├─ ", "│  ") };
            out.push_str(&format!("{indent}{twig}{}\n", harmless::line(&branch.line)));
            branch.below(&format!("{indent}{rest}"), out);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Tree;

    #[test]
    fn branches_hang_where_they_belong() {
        let tree = Tree::with(
            "a",
            vec![
                Tree::with("b", vec![Tree::leaf("c")]),
                Tree::with("d", vec![Tree::leaf("e")]),
            ],
        );
        assert_eq!(tree.text(), "a\n├─ b\n│  └─ c\n└─ d\n   └─ e\n");
    }
}
