//! How listing commands print: a table for people, JSON for programs.

use comfy_table::{Table, presets::UTF8_FULL_CONDENSED};
use serde_json::Value;

use crate::{cli::Output, out};

/// Prints the objects of `rows`: the named fields as a table, or all of them as JSON.
pub(super) fn print(output: Output, rows: &[Value], columns: &[&str]) -> anyhow::Result<()> {
    if output.json {
        out::line(serde_json::to_string(rows)?)?;
        return Ok(());
    }
    let mut table = Table::new();
    table.load_style(UTF8_FULL_CONDENSED);
    table.set_header(columns);
    for row in rows {
        table.add_row(columns.iter().map(|column| text(&row[*column])));
    }
    out::line(table)?;
    Ok(())
}

fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
