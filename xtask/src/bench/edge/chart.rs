//! Bars with their spread, as SVG.

use super::table::Spread;
use core::fmt::Write as _;

/// Bars that belong together, such as those of one number of connections.
pub(in crate::bench) struct Group {
    pub(in crate::bench) name: String,
    pub(in crate::bench) bars: Vec<(String, Spread)>,
}

const WIDTH: f64 = 860.0;
const LEFT: f64 = 250.0;
const RIGHT: f64 = 90.0;
const BAR: f64 = 18.0;
const STEP: f64 = 23.0;
const HEAD: f64 = 30.0;
const COLOURS: [&str; 8] = ["#d9480f", "#1c7ed6", "#2b8a3e", "#862e9c", "#5c940d", "#495057", "#868e96", "#adb5bd"];

/// Horizontal bars of the medians with lines from the lowest to the highest, all on one scale from 0. A name has the same
/// colour in every group.
pub(super) fn bars(title: &str, unit: &str, groups: &[Group]) -> String {
    let spreads = groups.iter().flat_map(|group| &group.bars).map(|(_, spread)| spread.highest);
    let most = spreads.fold(0.0, f64::max);
    let scale = if most > 0.0 { (WIDTH - LEFT - RIGHT) / most } else { 0.0 };
    let mut names: Vec<&str> = Vec::new();
    let mut body = String::new();
    let mut y = 50.0;
    for group in groups {
        text(&mut body, 12.0, y + 16.0, "start", 14.0, &group.name);
        y += HEAD;
        for (name, spread) in &group.bars {
            let known = names.iter().position(|known| known == name);
            let colour = known.unwrap_or_else(|| {
                names.push(name);
                names.len() - 1
            });
            let colour = COLOURS[colour % COLOURS.len()];
            let (middle, end) = (y + BAR / 2.0, LEFT + spread.median * scale);
            text(&mut body, LEFT - 8.0, middle + 4.5, "end", 13.0, name);
            let width = spread.median * scale;
            // Writing to a string cannot fail.
            let _ = writeln!(
                body,
                r##"<rect x="{LEFT}" y="{y:.0}" width="{width:.1}" height="{BAR}" fill="{colour}"/><path d="M{:.1} {middle:.0}H{:.1}" stroke="#000" stroke-width="1.5"/>"##,
                LEFT + spread.lowest * scale,
                LEFT + spread.highest * scale,
            );
            let label = end.max(LEFT + spread.highest * scale) + 6.0;
            text(&mut body, label, middle + 4.5, "start", 13.0, &figure(spread.median));
            y += STEP;
        }
        y += 8.0;
    }
    let mut svg = format!(
        r##"<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{y:.0}" viewBox="0 0 {WIDTH} {y:.0}" font-family="sans-serif">
<rect width="100%" height="100%" fill="#fff"/>
"##
    );
    text(&mut svg, 12.0, 24.0, "start", 16.0, &format!("{title}, {unit}"));
    svg + &body + "</svg>\n"
}

/// Three digits say enough.
fn figure(value: f64) -> String {
    let decimals = if value >= 100.0 { 0 } else { 2 - usize::from(value >= 10.0) };
    format!("{value:.decimals$}")
}

fn text(svg: &mut String, x: f64, y: f64, anchor: &str, size: f64, words: &str) {
    let words = words.replace('&', "&amp;").replace('<', "&lt;");
    let _ = writeln!(
        svg,
        r##"<text x="{x:.1}" y="{y:.1}" font-size="{size}" text-anchor="{anchor}" fill="#212529">{words}</text>"##
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_spread_fills_the_width() {
        let bars = vec![("a".to_owned(), Spread::of([1.0, 2.0, 4.0])), ("b & c".to_owned(), Spread::of([1.0]))];
        let svg = super::bars("t", "u", &[Group { name: "g".to_owned(), bars }]);
        // 520 wide for 4: the median 2 is half of it, the line goes from a quarter to the end.
        assert!(svg.contains(r#"x="250" y="80" width="260.0""#), "{svg}");
        assert!(svg.contains("M380.0 89H770.0"), "{svg}");
        assert!(svg.contains(">b &amp; c</text>"), "{svg}");
    }

    #[test]
    fn figures_have_three_digits() {
        assert_eq!([1234.5, 56.78, 1.234].map(figure), ["1234", "56.8", "1.23"]);
    }
}
