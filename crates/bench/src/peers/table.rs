//! The table of all contenders: each figure's median and edges, and what ours is of each peer's.

use comfy_table::{Cell, CellAlignment, Table, presets::UTF8_FULL_CONDENSED};

use super::{
    record::{Number, Record, Who, ratios},
    task::{Kind, Measured},
};
use crate::{
    report::short,
    stats::{edges, median},
};

/// What is shown of the tasks, in order.
const ROWS: [(&str, &str, Kind, Number); 14] = [
    ("enqueue, 1 producer", "jobs/s", Kind::EnqueueAlone, |one| one.rate),
    ("enqueue, 8 producers", "jobs/s", Kind::EnqueueTogether, |one| one.rate),
    ("enqueue, 8 producers: CPU", "CPU·ms", Kind::EnqueueTogether, Measured::cpu),
    ("drain", "jobs/s", Kind::Drain, |one| one.rate),
    ("drain: a second of CPU", "jobs", Kind::Drain, Measured::per_cpu_second),
    ("drain: its own CPU", "CPU·ms", Kind::Drain, |one| one.own_cpu),
    ("drain: PostgreSQL's CPU", "CPU·ms", Kind::Drain, |one| one.postgres_cpu),
    ("drain under an old snapshot", "jobs/s", Kind::DrainHeld, |one| one.rate),
    ("start latency p50", "ms", Kind::Latency, |one| one.p50),
    ("start latency p99", "ms", Kind::Latency, |one| one.p99),
    ("three steps, one at a time: p50", "ms", Kind::StepsAlone, |one| one.p50),
    ("three steps, one at a time: p99", "ms", Kind::StepsAlone, |one| one.p99),
    ("three steps, 32 at once", "runs/s", Kind::StepsTogether, |one| one.rate),
    ("three steps, 32 at once: CPU", "CPU·ms", Kind::StepsTogether, Measured::cpu),
];

/// The table; `÷` is ours divided by the peer's, the median over the passes.
pub(crate) fn of(record: &Record, contenders: &[Who]) -> Table {
    let mut table = Table::new();
    table.load_style(UTF8_FULL_CONDENSED);
    table.set_header(["figure", "of", "median", "unit", "min..max", "passes", "ours ÷"]);
    for (name, unit, kind, number) in ROWS {
        let ours = record.of(kind, Who::Ours, number);
        let row = |label: &str, numbers: &[f64]| cells(name, label, unit, numbers, &ours);
        for who in contenders {
            let numbers = record.of(kind, *who, number);
            if !numbers.is_empty() {
                table.add_row(row(who.label(), &numbers));
            }
        }
        if unit == "jobs/s" && !record.raw(kind).is_empty() {
            table.add_row(row("raw insert", &record.raw(kind)));
        }
    }
    table
}

fn cells(name: &str, of: &str, unit: &str, numbers: &[f64], ours: &[f64]) -> Vec<Cell> {
    let right = |text: String| Cell::new(text).set_alignment(CellAlignment::Right);
    let (least, most) = edges(numbers);
    let ratio =
        if of == Who::Ours.label() { String::new() } else { short(median(&ratios(ours, numbers))) };
    vec![
        Cell::new(name),
        Cell::new(of),
        right(short(median(numbers))),
        Cell::new(unit),
        right(format!("{}..{}", short(least), short(most))),
        right(numbers.len().to_string()),
        right(ratio),
    ]
}
