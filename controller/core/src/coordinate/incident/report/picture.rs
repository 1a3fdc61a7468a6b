//! Lanes drawn as SVG. What lies outside of the time that is shown stands at the edge, with its date.

use super::{
    document::distance,
    escape::html as escaped,
    lanes::{Bar, Lane, Mark, Picture},
};
use jiff::{Timestamp, tz::TimeZone};
use std::fmt::Write;

const WIDTH: f64 = 1080.0;
const LEFT: f64 = 150.0;
const RIGHT: f64 = 1060.0;
const TOP: f64 = 34.0;
const BAR: f64 = 18.0;
const LINE: f64 = 15.0;
const PADDING: f64 = 8.0;
/// The width of a letter, a little too wide.
const LETTER: f64 = 6.6;
/// The most ticks of the axis.
const TICKS: i64 = 8;
const STEPS: [i64; 14] = [
    60, 300, 600, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400, 172_800, 604_800, 2_592_000, 31_536_000,
];

/// A label with its place.
struct Placed {
    x: f64,
    line: usize,
    at_end: bool,
    class: &'static str,
    text: String,
}

/// The picture.
pub(super) fn svg(picture: &Picture) -> String {
    let placed: Vec<Vec<Placed>> = picture.lanes.iter().map(|lane| placed(picture, lane)).collect();
    let heights: Vec<f64> = picture
        .lanes
        .iter()
        .zip(&placed)
        .map(|(lane, marks)| height(lane, marks))
        .collect();
    let total = TOP + heights.iter().sum::<f64>() + 8.0;
    let mut out = format!(
        "<svg viewBox=\"0 0 {WIDTH} {total:.0}\" role=\"img\" aria-label=\"Timeline: clocks, people, responses and deadlines as lanes\">\n"
    );
    let mut y = TOP;
    for (n, (lane, height)) in picture.lanes.iter().zip(&heights).enumerate() {
        if n % 2 == 0 {
            let _ = writeln!(
                out,
                "<rect class=\"band\" x=\"0\" y=\"{y:.1}\" width=\"{WIDTH}\" height=\"{height:.1}\"/>"
            );
        }
        let _ = writeln!(
            out,
            "<text class=\"lane\" x=\"8\" y=\"{:.1}\">{}</text>",
            y + PADDING + 13.0,
            escaped(&lane_title(lane))
        );
        y += height;
    }
    out += &axis(picture, total);
    y = TOP;
    for ((lane, marks), height) in picture.lanes.iter().zip(&placed).zip(&heights) {
        lane.bars.iter().for_each(|one| out += &bar(picture, one, y + PADDING));
        let below = y + PADDING + if lane.bars.is_empty() { 0.0 } else { BAR + 4.0 };
        marks.iter().for_each(|one| out += &mark(one, y + PADDING, below));
        y += height;
    }
    out + "</svg>\n"
}

fn lane_title(lane: &Lane) -> String {
    super::escape::label(&lane.title, 20)
}

fn height(lane: &Lane, marks: &[Placed]) -> f64 {
    let lines = marks.iter().map(|mark| mark.line + 1).max().unwrap_or(0);
    let bars = if lane.bars.is_empty() { 0.0 } else { BAR + 4.0 };
    let lines = u32::try_from(lines).map_or(0.0, f64::from) * LINE;
    2.0 * PADDING + (bars + lines).max(BAR)
}

fn x(picture: &Picture, at: Timestamp) -> f64 {
    let (from, until) = (picture.from.as_second(), picture.until.as_second());
    let share = seconds(at.as_second() - from) / seconds((until - from).max(1));
    LEFT + share.clamp(0.0, 1.0) * (RIGHT - LEFT)
}

fn seconds(seconds: i64) -> f64 {
    i32::try_from(seconds / 4).map_or(f64::from(i32::MAX), f64::from) * 4.0
        + f64::from(i32::try_from(seconds % 4).unwrap_or(0))
}

/// Each label in the first line in which it does not cover another one.
fn placed(picture: &Picture, lane: &Lane) -> Vec<Placed> {
    let mut ends: Vec<f64> = Vec::new();
    let mut marks: Vec<&Mark> = lane.marks.iter().collect();
    marks.sort_by_key(|mark| mark.at);
    let each = marks.into_iter().map(|mark| {
        let (x, text) = (x(picture, mark.at), text(picture, mark));
        let width = u32::try_from(text.chars().count()).map_or(0.0, f64::from) * LETTER + 12.0;
        let at_end = x + width > WIDTH;
        let (from, until) = if at_end {
            (x - width, x + 6.0)
        } else {
            (x - 5.0, x + width)
        };
        let free = ends.iter().position(|end| *end < from);
        let line = free.unwrap_or(ends.len());
        match ends.get_mut(line) {
            Some(end) => *end = until,
            None => ends.push(until),
        }
        Placed {
            x,
            line,
            at_end,
            class: mark.class,
            text,
        }
    });
    each.collect()
}

/// What lies outside of what is shown says how far.
fn text(picture: &Picture, mark: &Mark) -> String {
    match (mark.at < picture.from, mark.at > picture.until) {
        (true, _) => format!("← {} ({})", mark.label, distance(picture.from, mark.at)),
        (_, true) => format!("{}, {} later →", mark.label, distance(picture.until, mark.at)),
        (false, false) => mark.label.clone(),
    }
}

fn bar(picture: &Picture, bar: &Bar, y: f64) -> String {
    let (from, until) = (x(picture, bar.from), x(picture, bar.until));
    let width = (until - from).max(2.0);
    let room = u32::try_from(bar.label.chars().count()).map_or(0.0, f64::from) * LETTER + 8.0;
    let label = match room < width {
        true => format!(
            "<text class=\"inside\" x=\"{:.1}\" y=\"{:.1}\">{}</text>\n",
            from + 5.0,
            y + 13.0,
            escaped(&bar.label)
        ),
        false => String::new(),
    };
    format!(
        "<rect class=\"{}\" x=\"{from:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{BAR}\" rx=\"3\"><title>{}: {} to {}</title></rect>\n{label}",
        bar.class,
        escaped(&bar.label),
        clock(bar.from),
        clock(bar.until)
    )
}

fn mark(mark: &Placed, top: f64, below: f64) -> String {
    let y = below + u32::try_from(mark.line).map_or(0.0, f64::from) * LINE;
    let (anchor, text) = if mark.at_end {
        ("end", mark.x - 8.0)
    } else {
        ("start", mark.x + 8.0)
    };
    format!(
        "<line class=\"grid\" x1=\"{x:.1}\" x2=\"{x:.1}\" y1=\"{top:.1}\" y2=\"{:.1}\"/>\n\
         <circle class=\"{}\" cx=\"{x:.1}\" cy=\"{:.1}\" r=\"4.5\"/>\n\
         <text x=\"{text:.1}\" y=\"{:.1}\" text-anchor=\"{anchor}\">{}</text>\n",
        y + 8.0,
        mark.class,
        y + 8.0,
        y + 12.0,
        escaped(&mark.text),
        x = mark.x,
    )
}

fn clock(at: Timestamp) -> String {
    at.to_zoned(TimeZone::UTC).strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
}

fn axis(picture: &Picture, total: f64) -> String {
    let (from, until) = (picture.from.as_second(), picture.until.as_second());
    let enough = |step: &&i64| (until - from) / **step < TICKS;
    let step = STEPS.iter().find(enough).copied().unwrap_or(31_536_000 * 10);
    let first = from.div_euclid(step) * step + if from.rem_euclid(step) == 0 { 0 } else { step };
    let mut day = String::new();
    let mut out = String::new();
    let mut at = first;
    while at <= until {
        if let Ok(time) = Timestamp::from_second(at) {
            let zoned = time.to_zoned(TimeZone::UTC);
            let today = zoned.strftime("%-d %b").to_string();
            let label = match (step >= 86_400, today == day) {
                (true, _) => today.clone(),
                (false, true) => zoned.strftime("%H:%M").to_string(),
                (false, false) => zoned.strftime("%-d %b %H:%M").to_string(),
            };
            day = today;
            let x = x(picture, time);
            let _ = writeln!(
                out,
                "<line class=\"grid\" x1=\"{x:.1}\" x2=\"{x:.1}\" y1=\"24\" y2=\"{total:.1}\"/>"
            );
            let _ = writeln!(
                out,
                "<text class=\"soft\" x=\"{x:.1}\" y=\"16\" text-anchor=\"middle\">{label}</text>"
            );
        }
        at += step;
    }
    out + "<text class=\"soft\" x=\"8\" y=\"16\">UTC</text>\n"
}
