//! The figures: each with its passes, its bar, and how far it is from it.

use std::fmt;

use comfy_table::{Cell, CellAlignment, Table, presets::UTF8_FULL_CONDENSED};
use serde::Serialize;
use serde_json::{Value, json};

use crate::stats::{edges, median};

/// What a figure should come to one day.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Bar {
    AtMost(f64),
    AtLeast(f64),
}

impl Bar {
    /// How many times better or worse than the bar.
    fn distance(self, value: f64) -> String {
        let (ratio, bar) = match self {
            Self::AtMost(bar) => (value / bar, bar),
            Self::AtLeast(bar) => (bar / value, bar),
        };
        if value <= 0.0 || bar <= 0.0 {
            "not measured".into()
        } else if ratio <= 1.0 {
            format!("met, {:.1} × better", 1.0 / ratio)
        } else {
            format!("{ratio:.1} × worse")
        }
    }
}

impl fmt::Display for Bar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AtMost(bar) => write!(f, "≤ {}", short(*bar)),
            Self::AtLeast(bar) => write!(f, "≥ {}", short(*bar)),
        }
    }
}

/// One figure of a measurement.
#[derive(Clone, Debug)]
pub(crate) struct Figure {
    name: String,
    unit: &'static str,
    passes: Vec<f64>,
    bar: Option<Bar>,
}

impl Figure {
    /// A figure without a bar.
    pub(crate) fn new(name: impl Into<String>, unit: &'static str, passes: Vec<f64>) -> Self {
        Self { name: name.into(), unit, passes, bar: None }
    }

    /// The same with a bar.
    pub(crate) fn with_bar(self, bar: Bar) -> Self {
        Self { bar: Some(bar), ..self }
    }

    fn cells(&self) -> Vec<Cell> {
        let right = |text: String| Cell::new(text).set_alignment(CellAlignment::Right);
        let (middle, (least, most)) = (median(&self.passes), edges(&self.passes));
        let spread = match self.passes.len() {
            0 | 1 => String::new(),
            _ => format!("{}..{}", short(least), short(most)),
        };
        let words = |text: Option<String>| text.unwrap_or_default();
        vec![
            Cell::new(&self.name),
            right(short(middle)),
            Cell::new(self.unit),
            right(spread),
            right(self.passes.len().to_string()),
            Cell::new(words(self.bar.map(|bar| bar.to_string()))),
            Cell::new(words(self.bar.map(|bar| bar.distance(middle)))),
        ]
    }

    fn json(&self) -> Value {
        let (least, most) = edges(&self.passes);
        json!({
            "name": self.name,
            "unit": self.unit,
            "median": median(&self.passes),
            "min": least,
            "max": most,
            "passes": self.passes,
            "bar": self.bar.map(|bar| bar.to_string()),
            "howFar": self.bar.map(|bar| bar.distance(median(&self.passes))),
        })
    }
}

/// How quiet the machine was while something was measured.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Noise {
    /// Share of all cores that was busy with other things, percent.
    pub(crate) others_percent: f64,
    /// How long it took.
    pub(crate) seconds: f64,
}

impl fmt::Display for Noise {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verdict = match self.others_percent {
            ..5.0 => "quiet",
            5.0..15.0 => "a little noisy",
            _ => "noisy: measure again on a quiet machine",
        };
        let (others, seconds) = (self.others_percent, self.seconds);
        write!(f, "{seconds:.0} s; other work took {others:.0} % of the machine: {verdict}")
    }
}

/// What one measurement found.
#[derive(Debug)]
pub(crate) struct Section {
    pub(crate) title: &'static str,
    /// How it was measured, in sentences.
    pub(crate) notes: Vec<String>,
    pub(crate) figures: Vec<Figure>,
    pub(crate) noise: Noise,
}

impl Section {
    /// The raw passes, for programs.
    pub(crate) fn json(&self) -> Value {
        let figures: Vec<Value> = self.figures.iter().map(Figure::json).collect();
        json!({"title": self.title, "notes": self.notes, "noise": self.noise, "figures": figures})
    }
}

impl fmt::Display for Section {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut table = Table::new();
        table.load_style(UTF8_FULL_CONDENSED);
        table.set_header(["figure", "median", "unit", "min..max", "passes", "bar", "how far"]);
        table.add_rows(self.figures.iter().map(Figure::cells));
        writeln!(f, "\n{} ({})", self.title, self.noise)?;
        for note in &self.notes {
            writeln!(f, "  {note}")?;
        }
        write!(f, "{table}")
    }
}

/// Three digits that count, and no more.
pub(crate) fn short(value: f64) -> String {
    match value.abs() {
        100.0.. => format!("{value:.0}"),
        10.0.. => format!("{value:.1}"),
        _ if value.fract() == 0.0 => format!("{value:.0}"),
        _ => format!("{value:.2}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_distance_says_which_side_of_the_bar_and_how_many_times() {
        assert_eq!(Bar::AtMost(0.3).distance(0.6), "2.0 × worse");
        assert_eq!(Bar::AtMost(80.0).distance(40.0), "met, 2.0 × better");
        assert_eq!(Bar::AtLeast(50_000.0).distance(25_000.0), "2.0 × worse");
        assert_eq!(Bar::AtLeast(50_000.0).distance(100_000.0), "met, 2.0 × better");
        assert_eq!(Bar::AtLeast(50_000.0).distance(0.0), "not measured");
    }

    #[test]
    fn a_section_shows_the_median_and_the_bar() {
        let figure = Figure::new("read", "CPU·ms", vec![0.5, 0.4, 0.9]).with_bar(Bar::AtMost(0.3));
        let section = Section {
            title: "Requests",
            notes: vec!["Here.".into()],
            figures: vec![figure],
            noise: Noise { others_percent: 1.0, seconds: 3.0 },
        };
        let text = section.to_string();
        for part in ["quiet", "0.50", "0.40..0.90", "≤ 0.30", "1.7 × worse"] {
            assert!(text.contains(part), "{part} in {text}");
        }
        assert_eq!(section.json()["figures"][0]["median"], 0.5);
    }
}
