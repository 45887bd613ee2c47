//! What a row of numbers says: its middle, its edges, its tail.

/// The middle of the numbers, the mean of the two middle ones where there is no single one; zero of none.
pub(crate) fn median(numbers: &[f64]) -> f64 {
    let sorted = sorted(numbers);
    match (sorted.len(), sorted.len() / 2) {
        (0, _) => 0.0,
        (count, middle) if count % 2 == 1 => sorted[middle],
        (_, middle) => f64::midpoint(sorted[middle - 1], sorted[middle]),
    }
}

/// The least number that `percent` of them do not exceed (nearest rank); zero of none.
pub(crate) fn percentile(numbers: &[f64], percent: f64) -> f64 {
    let sorted = sorted(numbers);
    let rank = (percent / 100.0 * sorted.len() as f64).ceil() as usize;
    sorted.get(rank.clamp(1, sorted.len().max(1)) - 1).copied().unwrap_or_default()
}

/// The least and the greatest of the numbers; zeros of none.
pub(crate) fn edges(numbers: &[f64]) -> (f64, f64) {
    let sorted = sorted(numbers);
    let edge = |number: Option<&f64>| number.copied().unwrap_or_default();
    (edge(sorted.first()), edge(sorted.last()))
}

fn sorted(numbers: &[f64]) -> Vec<f64> {
    let mut sorted = numbers.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle() {
        assert_eq!(median(&[3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(&[4.0, 1.0, 2.0, 3.0]), 2.5);
        assert_eq!(median(&[]), 0.0);
    }

    #[test]
    fn percentiles_are_numbers_of_the_row() {
        let row: Vec<f64> = (1..=200).rev().map(f64::from).collect();
        assert_eq!(percentile(&row, 50.0), 100.0);
        assert_eq!(percentile(&row, 99.0), 198.0);
        assert_eq!(percentile(&row, 100.0), 200.0);
        assert_eq!(percentile(&[7.0], 0.0), 7.0);
        assert_eq!(percentile(&[], 99.0), 0.0);
    }

    #[test]
    fn the_edges_are_the_least_and_the_greatest() {
        assert_eq!(edges(&[2.0, 9.0, 1.0]), (1.0, 9.0));
    }
}
