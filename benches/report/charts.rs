//! The charts: bars and distributions, drawn by plotters, on a page that follows the reader's light or dark scheme.

use std::fs;
use std::path::Path;

use gpushare_benches::{OURS, Record, number, quantile};
use plotters::coord::types::RangedCoordf64;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use crate::{Found, Outcome};

const PAGE: RGBColor = RGBColor(255, 255, 255);
const TEXT: RGBColor = RGBColor(31, 35, 40);
const LINE: RGBColor = RGBColor(208, 215, 222);
const OUR: RGBColor = RGBColor(9, 105, 218);
const OTHER: [RGBColor; 2] = [RGBColor(191, 135, 0), RGBColor(130, 80, 223)];
/// What stands for each colour in the dark scheme.
const DARK: [(RGBColor, &str); 6] = [
    (PAGE, "#0d1117"),
    (TEXT, "#e6edf3"),
    (LINE, "#30363d"),
    (OUR, "#58a6ff"),
    (OTHER[0], "#d29922"),
    (OTHER[1], "#bc8cff"),
];
const WIDTH: u32 = 880;
/// What a bar shows at the least: a log scale has no nothing.
const LEAST: f64 = 0.1;

type Coordinates<'a> = ChartContext<'a, SVGBackend<'a>, Cartesian2d<LogCoord<f64>, RangedCoordf64>>;

/// Draws every chart of which there are records, into a folder.
pub(super) fn draw(found: &Found, folder: &Path) -> Outcome {
    let mut memory = Vec::new();
    for (stage, case, language) in
        [("calls", "memory", "Rust"), ("c", "gpushare_gpu_memory", "C"), ("python", "memory", "Python")]
    {
        let Some(record) = found.get(stage, case) else { continue };
        for contender in
            record.contenders.iter().filter(|contender| !["NVML", "thin library"].contains(&&*contender.name))
        {
            let added = record.added(&contender.name, "NVML").map_or(0.0, |added| added.max(LEAST));
            memory.push((format!("{language}: {}", contender.name), added));
        }
    }
    bars(folder, "calls", "What a call for a GPU's memory adds to NVML's own time", "ns", &memory)?;
    if let Some(record) = found.get("layouts", "H200, changes asked for") {
        curves(
            folder,
            "layouts",
            "Changes for each transition between layouts of an H200, failed ones included",
            record,
            None,
        )?;
    }
    if let Some(record) = found.get("plans", "A100-SXM4-40GB") {
        curves(folder, "plans", "Time of each plan of an A100", record, Some(1000.0))?;
    }
    let mut looks = Vec::new();
    for (stage, language) in [("snapshots", "Rust"), ("walks", "Python")] {
        let Some(record) = found.get(stage, "warm, calls as on an H200") else { continue };
        let middles = record.contenders.iter().filter_map(|one| Some((&one.name, record.median(&one.name)?)));
        looks.extend(middles.map(|(name, middle)| (format!("{language}: {name}"), middle)));
    }
    bars(folder, "snapshots", "Looking again at 8 GPUs with 56 MIG devices, calls as on an H200", "ms", &looks)
}

/// A bar for each value, on a log scale.
fn bars(folder: &Path, name: &str, title: &str, unit: &str, values: &[(String, f64)]) -> Outcome {
    if values.is_empty() {
        return Ok(());
    }
    let height = 100 + 26 * values.len() as u32;
    let highest = values.iter().map(|(_, value)| *value).fold(f64::MIN, f64::max);
    let lowest = values.iter().map(|(_, value)| *value).fold(f64::MAX, f64::min);
    let least = 10_f64.powf((lowest.log10() - 0.5).floor());
    chart(folder, name, (title, unit), height, (least, highest * 3.0), (values.len() as f64, 230), |chart| {
        for (index, (label, value)) in values.iter().enumerate() {
            let colour = if label.contains(OURS) { OUR } else { OTHER[0] };
            let (top, bottom) = (values.len() as f64 - index as f64 - 0.2, values.len() as f64 - index as f64 - 0.8);
            chart.draw_series([Rectangle::new([(least, bottom), (*value, top)], colour.filled())])?;
            let middle = (top + bottom) / 2.0;
            let beside = |x: f64, offset: i32, side: HPos, text: String| {
                EmptyElement::at((x, middle)) + Text::new(text, (offset, 0), style(13, side))
            };
            chart.draw_series([beside(least, -8, HPos::Right, label.clone())])?;
            let sign = if *value == LEAST { "≤ " } else { "" };
            chart.draw_series([beside(*value, 6, HPos::Left, format!("{sign}{} {unit}", number(*value)))])?;
        }
        Ok(())
    })
}

/// For each contender the part of the samples, from 0 to 1, that are not above a value, on a log scale.
fn curves(folder: &Path, name: &str, title: &str, record: &Record, limit: Option<f64>) -> Outcome {
    let all = record.contenders.iter().flat_map(|contender| &contender.samples).filter(|sample| **sample > 0.0);
    let (lowest, highest) = all.fold((f64::MAX, f64::MIN), |(low, high), sample| (low.min(*sample), high.max(*sample)));
    if lowest > highest {
        return Ok(());
    }
    let ends = (lowest / 1.3, highest.max(limit.unwrap_or(0.0)) * 1.3);
    chart(folder, name, (title, &record.unit), 320, ends, (1.0, 60), |chart| {
        for part in [0.0, 0.5, 1.0] {
            let text = Text::new(format!("{:.0} %", part * 100.0), (-8, 0), style(12, HPos::Right));
            chart.draw_series([EmptyElement::at((ends.0, part)) + text])?;
        }
        let mut others = OTHER.into_iter().cycle();
        for contender in record.contenders.iter().filter(|contender| contender.name != "minimum") {
            let mut samples: Vec<_> = contender.samples.iter().copied().filter(|sample| *sample > 0.0).collect();
            samples.sort_by(f64::total_cmp);
            let colour = if contender.name == OURS { OUR } else { others.next().unwrap_or(OUR) };
            let parts = (0..=200).map(|step| f64::from(step) / 200.0);
            let points = parts.filter_map(|part| Some((quantile(&samples, part)?, part)));
            chart
                .draw_series(LineSeries::new(points, colour.stroke_width(3)))?
                .label(&contender.name)
                .legend(move |(x, y)| PathElement::new([(x, y), (x + 18, y)], colour.stroke_width(3)));
        }
        if let Some(limit) = limit {
            chart
                .draw_series(LineSeries::new([(limit, 0.0), (limit, 1.0)], TEXT.stroke_width(1)))?
                .label(format!("{} {}", number(limit), record.unit))
                .legend(|(x, y)| PathElement::new([(x, y), (x + 18, y)], TEXT.stroke_width(1)));
        }
        let mut labels = chart.configure_series_labels();
        labels.position(SeriesLabelPosition::LowerRight).label_font(style(12, HPos::Left));
        Ok(labels.border_style(LINE).background_style(PAGE).draw()?)
    })
}

fn style(size: u32, side: HPos) -> TextStyle<'static> {
    TextStyle::from(("sans-serif", size).into_font()).color(&TEXT).pos(Pos::new(side, VPos::Center))
}

/// A page with a title and a log scale from left to right, of which `height` is what lies upwards and `left` the room for labels.
fn chart(
    folder: &Path,
    name: &str,
    (title, unit): (&str, &str),
    pixels: u32,
    (least, most): (f64, f64),
    (height, left): (f64, u32),
    draw: impl FnOnce(&mut Coordinates<'_>) -> Outcome,
) -> Outcome {
    let mut svg = String::new();
    {
        let root = SVGBackend::with_string(&mut svg, (WIDTH, pixels)).into_drawing_area();
        root.fill(&PAGE)?;
        let mut chart = ChartBuilder::on(&root)
            .caption(title, style(15, HPos::Left))
            .margin(12)
            .margin_right(24)
            .x_label_area_size(40)
            .y_label_area_size(left)
            .build_cartesian_2d((least..most).log_scale(), 0.0..height)?;
        chart
            .configure_mesh()
            .disable_y_mesh()
            .y_labels(0)
            .y_max_light_lines(0)
            .x_max_light_lines(0)
            .x_labels(8)
            .x_label_formatter(&|value| number(*value))
            .x_desc(format!("{unit}, on a log scale"))
            .label_style(style(12, HPos::Center))
            .axis_desc_style(style(12, HPos::Center))
            .axis_style(LINE)
            .bold_line_style(LINE)
            .draw()?;
        draw(&mut chart)?;
        root.present()?;
    }
    let dark = DARK.iter().map(|(RGBColor(r, g, b), dark)| {
        format!("[fill=\"#{r:02X}{g:02X}{b:02X}\"]{{fill:{dark}}}[stroke=\"#{r:02X}{g:02X}{b:02X}\"]{{stroke:{dark}}}")
    });
    let head = format!("<style>@media (prefers-color-scheme:dark){{{}}}</style>\n", dark.collect::<String>());
    // What follows the opening tag.
    let at = svg.find('>').map_or(0, |end| end + 1);
    svg.insert_str(at, &head);
    svg.insert_str(svg.find("<svg ").map_or(0, |at| at + 5), &format!("role=\"img\" aria-label=\"{title}\" "));
    Ok(fs::write(folder.join(format!("{name}.svg")), svg)?)
}
