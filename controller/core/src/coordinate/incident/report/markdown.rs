//! The report as Markdown.

use super::{
    Facts,
    document::{self, Section, Table},
    escape::markdown as escaped,
};
use firebreak_crds::text;

/// The report as Markdown.
pub fn markdown(facts: &Facts) -> String {
    let head = format!(
        "# {}\n\n{}\n\nWritten at {} from what was known then.\n",
        escaped(&facts.spec.title),
        escaped(&document::headline(facts)),
        text::seconds(facts.now)
    );
    let sections: String = document::sections(facts).iter().map(section).collect();
    head + &sections
}

fn section(section: &Section) -> String {
    let lines: String = section
        .lines
        .iter()
        .map(|line| format!("\n{}\n", escaped(line)))
        .collect();
    let table = section.table.as_ref().filter(|table| !table.rows.is_empty()).map(table);
    format!("\n## {}\n{lines}{}", escaped(&section.title), table.unwrap_or_default())
}

fn table(table: &Table) -> String {
    let row = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
    let head = row(table.head.iter().map(|cell| (*cell).to_owned()).collect());
    let line = row(table.head.iter().map(|_| "---".to_owned()).collect());
    let rows = table
        .rows
        .iter()
        .map(|cells| row(cells.iter().map(|cell| escaped(cell)).collect()));
    format!("\n{head}{line}{}", rows.collect::<String>())
}
