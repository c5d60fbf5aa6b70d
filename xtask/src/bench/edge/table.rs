//! What is printed: the median of the rounds, the lowest and the highest.

use crate::progress::print;

/// The middle one of some figures and their ends.
#[derive(Clone, Copy, Default)]
pub(in crate::bench) struct Spread {
    pub(in crate::bench) median: f64,
    pub(in crate::bench) lowest: f64,
    pub(in crate::bench) highest: f64,
}

impl Spread {
    pub(in crate::bench) fn of(figures: impl IntoIterator<Item = f64>) -> Self {
        let mut figures: Vec<f64> = figures.into_iter().collect();
        figures.sort_by(f64::total_cmp);
        let at = |index: usize| figures.get(index).copied().unwrap_or(f64::NAN);
        let middle = figures.len() / 2;
        let median =
            if figures.len().is_multiple_of(2) { (at(middle.wrapping_sub(1)) + at(middle)) / 2.0 } else { at(middle) };
        Self { median, lowest: at(0), highest: at(figures.len().wrapping_sub(1)) }
    }

    /// In another unit.
    pub(in crate::bench) fn scaled(self, factor: f64) -> Self {
        let Self { median, lowest, highest } = self;
        Self { median: median * factor, lowest: lowest * factor, highest: highest * factor }
    }

    /// The median and, in brackets, from where to where.
    pub(in crate::bench) fn shown(&self, decimals: usize) -> String {
        let Self { median, lowest, highest } = self;
        format!("{median:.decimals$} ({lowest:.decimals$}–{highest:.decimals$})")
    }
}

/// Prints rows of text as a table, the first one its heading; the first column to the left.
pub(in crate::bench) fn show(rows: &[Vec<String>]) {
    let columns = rows.iter().map(Vec::len).max().unwrap_or_default();
    let width = |column: usize| rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max();
    let widths: Vec<usize> = (0..columns).map(|column| width(column).unwrap_or_default()).collect();
    for row in rows {
        let cells = row.iter().zip(&widths).enumerate();
        let cells: Vec<String> = cells
            .map(
                |(column, (cell, width))| {
                    if column == 0 { format!("{cell:<width$}") } else { format!("{cell:>width$}") }
                },
            )
            .collect();
        print(cells.join("  ").trim_end());
    }
}

/// The same as a table of Markdown.
pub(in crate::bench) fn markdown(rows: &[Vec<String>]) -> String {
    let line = |row: &Vec<String>| format!("| {} |\n", row.join(" | "));
    let columns = rows.first().map(Vec::len).unwrap_or_default();
    let rule = format!("|---|{}\n", "---:|".repeat(columns.saturating_sub(1)));
    let mut lines: Vec<String> = rows.iter().map(line).collect();
    lines.insert(1.min(lines.len()), rule);
    lines.concat() + "\n"
}

/// For display: what is lost beyond 2⁵³ is not seen.
#[expect(clippy::cast_precision_loss, reason = "counts of requests and bytes")]
pub(in crate::bench) fn float(number: usize) -> f64 {
    number as f64
}

/// What is asked of the machine by everybody, for whoever reads the figures.
pub(in crate::bench) fn machine_load() -> String {
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split(' ').take(3).collect::<Vec<_>>().join(" ");
    if load.is_empty() { "load unknown".to_owned() } else { format!("load {load}") }
}

/// How many processors it has.
pub(super) fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_stands_between_the_ends() {
        assert_eq!(Spread::of([3.0, 1.0, 2.0]).shown(1), "2.0 (1.0–3.0)");
        assert_eq!(Spread::of([4.0, 1.0, 3.0, 2.0]).shown(2), "2.50 (1.00–4.00)");
    }

    #[test]
    fn the_first_row_is_the_heading() {
        let rows = [["", "a"], ["b", "1"]].map(|row| row.map(str::to_owned).to_vec());
        assert_eq!(markdown(&rows), "|  | a |\n|---|---:|\n| b | 1 |\n\n");
    }
}
