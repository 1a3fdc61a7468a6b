//! The report as one HTML file: no script, nothing that is loaded, and a policy that says so.

use super::{
    Facts,
    document::{self, Section, Table},
    escape::html as escaped,
    lanes, picture,
};
use firebreak_crds::text;

const HEAD: &str = r#"<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">
<meta name="referrer" content="no-referrer">
"#;

const LEGEND: &str = r#"<figcaption>A response is <i class="wait"></i> waiting, <i class="act"></i> being contained, <i class="held"></i> contained,
<i class="off"></i> released. Dots are <i class="person"></i> people, <i class="bad"></i> what is bad or late.</figcaption>
"#;

const STYLE: &str = include_str!("style.css");

/// The report as one HTML file.
pub fn html(facts: &Facts) -> String {
    let title = escaped(&facts.spec.title);
    let sections: String = document::sections(facts).iter().map(section).collect();
    format!(
        "{HEAD}<title>{title}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<h1>{title}</h1>\n<p class=\"headline {}\">{}</p>\n\
         <figure>\n{}{LEGEND}</figure>\n{sections}<footer>Written at {} from what was known then.</footer>\n</body>\n</html>\n",
        format!("{:?}", facts.spec.severity).to_lowercase(),
        escaped(&document::headline(facts)),
        picture::svg(&lanes::of(facts)),
        text::seconds(facts.now),
    )
}

fn section(section: &Section) -> String {
    let lines: String = section
        .lines
        .iter()
        .map(|line| format!("<p>{}</p>\n", escaped(line)))
        .collect();
    let table = section.table.as_ref().filter(|table| !table.rows.is_empty()).map(table);
    format!(
        "<section>\n<h2>{}</h2>\n{lines}{}</section>\n",
        escaped(&section.title),
        table.unwrap_or_default()
    )
}

fn table(table: &Table) -> String {
    let head: String = table.head.iter().map(|cell| format!("<th>{cell}</th>")).collect();
    let head = match table.head.iter().all(|cell| cell.is_empty()) {
        true => String::new(),
        false => format!("<thead><tr>{head}</tr></thead>\n"),
    };
    let row = |cells: &Vec<String>| {
        let cells: String = cells
            .iter()
            .map(|cell| format!("<td>{}</td>", cell_text(cell)))
            .collect();
        format!("<tr>{cells}</tr>\n")
    };
    let rows: String = table.rows.iter().map(row).collect();
    format!("<table>\n{head}<tbody>\n{rows}</tbody>\n</table>\n")
}

/// An https address is a link; everything else is text.
fn cell_text(cell: &str) -> String {
    let text = escaped(cell);
    match cell.starts_with("https://") && !cell.contains(char::is_whitespace) {
        true => format!("<a href=\"{text}\" rel=\"noreferrer noopener\">{text}</a>"),
        false => text,
    }
}
