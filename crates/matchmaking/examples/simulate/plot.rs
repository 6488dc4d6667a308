//! Lines in a plane, as SVG.

use std::fmt::Write;

const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 360.0;
/// Room for the axes' labels, and for the names of the lines on the right.
const LEFT: f64 = 64.0;
const BELOW: f64 = 48.0;
const ABOVE: f64 = 36.0;
const RIGHT: f64 = 76.0;
const COLOURS: [&str; 6] = ["#0b6e99", "#c2410c", "#3f7d20", "#7c3aed", "#be185d", "#6b7280"];

pub(crate) struct Plot {
    pub(crate) title: String,
    pub(crate) across: String,
    pub(crate) up: String,
    /// Both axes by powers of ten.
    pub(crate) logarithmic: bool,
    pub(crate) series: Vec<Series>,
}

pub(crate) struct Series {
    pub(crate) name: String,
    pub(crate) points: Vec<(f64, f64)>,
}

/// One axis: what lies at its ends, and where these are drawn.
struct Axis {
    ends: (f64, f64),
    drawn: (f64, f64),
    logarithmic: bool,
}

impl Axis {
    fn new(values: impl Iterator<Item = f64> + Clone, drawn: (f64, f64), logarithmic: bool) -> Self {
        let (low, high) =
            (values.clone().fold(f64::INFINITY, f64::min), values.fold(f64::NEG_INFINITY, f64::max));
        let ends = if logarithmic {
            (low.log10().floor(), high.log10().ceil())
        } else {
            (0.0, if high > 0.0 { high } else { 1.0 })
        };
        Self { ends, drawn, logarithmic }
    }

    fn at(&self, value: f64) -> f64 {
        let value = if self.logarithmic { value.log10() } else { value };
        let share = (value - self.ends.0) / (self.ends.1 - self.ends.0).max(f64::EPSILON);
        self.drawn.0 + share * (self.drawn.1 - self.drawn.0)
    }

    /// Where lines are drawn, and what is written there.
    fn marks(&self) -> Vec<f64> {
        if self.logarithmic {
            let mut marks = vec![];
            let mut power = self.ends.0;
            while power <= self.ends.1 {
                marks.push(10_f64.powf(power));
                power += 1.0;
            }
            return marks;
        }
        (0..=5).map(|part| self.ends.1 * f64::from(part) / 5.0).collect()
    }
}

impl Plot {
    pub(crate) fn svg(&self) -> String {
        let points = || self.series.iter().flat_map(|series| series.points.iter());
        let across = Axis::new(points().map(|point| point.0), (LEFT, WIDTH - RIGHT), self.logarithmic);
        let up = Axis::new(points().map(|point| point.1), (HEIGHT - BELOW, ABOVE), self.logarithmic);
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" font-family=\"sans-serif\" \
             font-size=\"12\">\n<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n"
        );
        text(&mut svg, (LEFT, 20.0), "start", &self.title);
        text(&mut svg, (WIDTH - RIGHT, HEIGHT - 8.0), "end", &self.across);
        text(&mut svg, (LEFT - 8.0, ABOVE - 8.0), "end", &self.up);
        for mark in across.marks() {
            let x = across.at(mark);
            line(&mut svg, (x, ABOVE), (x, HEIGHT - BELOW));
            text(&mut svg, (x, HEIGHT - BELOW + 16.0), "middle", &label(mark));
        }
        for mark in up.marks() {
            let y = up.at(mark);
            line(&mut svg, (LEFT, y), (WIDTH - RIGHT, y));
            text(&mut svg, (LEFT - 8.0, y + 4.0), "end", &label(mark));
        }
        let mut names = Vec::new();
        for (series, colour) in self.series.iter().zip(COLOURS.iter().cycle()) {
            let mut path = String::new();
            for (x, y) in &series.points {
                let _ = write!(path, "{:.1},{:.1} ", across.at(*x), up.at(*y));
            }
            let _ = writeln!(
                svg,
                "<polyline points=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"1.8\"/>",
                path.trim_end()
            );
            names.push((series.points.last().map_or(0.0, |point| up.at(point.1)), &series.name, colour));
        }
        // From the top down, none over another.
        names.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mut free = ABOVE;
        for (y, name, colour) in names {
            free = free.max(y + 4.0);
            let _ = writeln!(
                svg,
                "<text x=\"{}\" y=\"{free:.1}\" fill=\"{colour}\">{name}</text>",
                WIDTH - RIGHT + 8.0
            );
            free += 13.0;
        }
        svg.push_str("</svg>\n");
        svg
    }
}

fn text(svg: &mut String, (x, y): (f64, f64), anchor: &str, text: &str) {
    let _ =
        writeln!(svg, "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\" fill=\"#333\">{text}</text>");
}

fn line(svg: &mut String, from: (f64, f64), to: (f64, f64)) {
    let _ = writeln!(
        svg,
        "<line x1=\"{:.1}\" y1=\"{:.1}\" x2=\"{:.1}\" y2=\"{:.1}\" stroke=\"#ddd\"/>",
        from.0, from.1, to.0, to.1
    );
}

fn label(value: f64) -> String {
    if value >= 1.0 || value == 0.0 { format!("{value:.0}") } else { format!("{value}") }
}
