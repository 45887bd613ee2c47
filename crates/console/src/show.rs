//! Instants and durations as people read them.

use kernel::Timestamp;

/// An instant to the second, or a dash.
pub(crate) fn moment(at: Option<Timestamp>) -> String {
    at.map_or_else(|| "–".into(), |at| at.jiff().strftime("%-d %b %Y, %H:%M:%S UTC").to_string())
}

/// Seconds as `45 s`, `3 min 20 s` or `5 h 12 min`; a dash for none.
pub(crate) fn duration(seconds: f64) -> String {
    if !seconds.is_finite() || seconds <= 0.0 {
        return "–".into();
    }
    if seconds < 10.0 {
        return format!("{seconds:.1} s");
    }
    let whole = std::time::Duration::from_secs_f64(seconds.min(1e9)).as_secs();
    match (whole / 3600, whole / 60 % 60, whole % 60) {
        (0, 0, seconds) => format!("{seconds} s"),
        (0, minutes, seconds) => format!("{minutes} min {seconds} s"),
        (hours, minutes, _) => format!("{hours} h {minutes} min"),
    }
}

/// A share of so many as `87.5 %`; a dash of none.
pub(crate) fn share(part: f64, of: i64) -> String {
    if of == 0 { "–".into() } else { format!("{:.1} %", part * 100.0) }
}

/// A technical word as part of a sentence: `workspace_registered` becomes `Workspace registered`.
pub(crate) fn label(word: &str) -> String {
    let spaced = word.replace(['_', '-'], " ");
    let mut letters = spaced.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_short() {
        for (seconds, text) in [
            (0.0, "–"),
            (f64::NAN, "–"),
            (1.26, "1.3 s"),
            (45.0, "45 s"),
            (200.0, "3 min 20 s"),
            (18_720.0, "5 h 12 min"),
        ] {
            assert_eq!(duration(seconds), text);
        }
    }

    #[test]
    fn shares_are_of_something() {
        assert_eq!((share(0.875, 8), share(0.0, 0)), ("87.5 %".into(), "–".into()));
    }

    #[test]
    fn words_read_as_words() {
        assert_eq!(label("workspace_registered"), "Workspace registered");
        assert_eq!(label(""), "");
    }
}
