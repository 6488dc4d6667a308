//! A line plot as SVG.

use std::fmt::Write;

const WIDTH: f64 = 860.0;
const HEIGHT: f64 = 220.0;
const LEFT: f64 = 60.0;
const BOTTOM: f64 = 24.0;
const TOP: f64 = 12.0;
const GRID_LINES: u8 = 4;
const COLOURS: [&str; 3] = ["#2563eb", "#d97706", "#dc2626"];

/// One line: its name and its points (seconds, value).
pub(super) type Line = (&'static str, Vec<(f64, f64)>);

/// Draws lines over time, from 0 up. Nothing when there is nothing to draw.
pub(super) fn plot(title: &str, lines: &[Line]) -> String {
    let points = || lines.iter().flat_map(|(_, points)| points);
    let (last, top) =
        points().fold((0.0_f64, 0.0_f64), |(last, top), (at, value)| (last.max(*at), top.max(*value)));
    if last <= 0.0 {
        return String::new();
    }
    let top = if top > 0.0 { top * 1.05 } else { 1.0 };
    let x = |at: f64| LEFT + at / last * (WIDTH - LEFT);
    let y = |value: f64| HEIGHT - BOTTOM - value / top * (HEIGHT - BOTTOM - TOP);
    let mut svg = format!("<figure><figcaption>{title}</figcaption><svg viewBox=\"0 0 {WIDTH} {HEIGHT}\">");
    // Writing to a string cannot fail.
    for line in 0..=GRID_LINES {
        let value = top * f64::from(line) / f64::from(GRID_LINES);
        let (at, label) = (y(value), super::shown(value));
        let _ = write!(
            svg,
            "<line x1=\"{LEFT}\" x2=\"{WIDTH}\" y1=\"{at:.1}\" y2=\"{at:.1}\"/>\
             <text x=\"{:.0}\" y=\"{:.1}\" text-anchor=\"end\">{label}</text>",
            LEFT - 6.0,
            at + 4.0
        );
    }
    let _ = write!(svg, "<text x=\"{WIDTH}\" y=\"{HEIGHT}\" text-anchor=\"end\">{last:.0} s</text>");
    for (number, ((name, points), colour)) in (0_u8..).zip(lines.iter().zip(COLOURS.iter().cycle())) {
        let drawn: Vec<_> =
            points.iter().map(|(at, value)| format!("{:.1},{:.1}", x(*at), y(*value))).collect();
        let _ = write!(
            svg,
            "<polyline points=\"{}\" stroke=\"{colour}\"/><text x=\"{}\" y=\"{HEIGHT}\" fill=\"{colour}\">{name}</text>",
            drawn.join(" "),
            LEFT + f64::from(number) * 70.0
        );
    }
    svg + "</svg></figure>"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_for_each_and_nothing_without_points() {
        assert_eq!(plot("none", &[("a", vec![])]), "");
        let svg = plot("two", &[("a", vec![(1.0, 2.0), (2.0, 4.0)]), ("b", vec![(1.0, 0.0)])]);
        assert_eq!(svg.matches("<polyline").count(), 2);
        assert!(svg.contains("860.0,") && svg.contains("two"));
    }
}
