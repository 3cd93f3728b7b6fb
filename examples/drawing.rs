//! A picture of a GPU's memory slices: which GPU instance lies where, and its compute instances.

use std::error::Error;

use anstream::println;
use gpushare::Gpu;

/// The width of the whole picture, less its margin.
const WIDTH: usize = 88;

/// A box in a row: where it begins and ends, in characters, and what stands in it.
struct Cell {
    from: usize,
    to: usize,
    text: String,
}

/// Prints the picture.
///
/// # Errors
///
/// Those of asking the GPU.
pub fn print(gpu: &Gpu) -> Result<(), Box<dyn Error>> {
    let mut slices = 1;
    for profile in gpu.gpu_instance_profiles()?.iter() {
        for placement in gpu.possible_placements(profile)? {
            slices = slices.max(placement.slices().end as usize);
        }
    }
    let width = WIDTH / slices;
    let (mut outer, mut inner) = (Vec::new(), Vec::new());
    for instance in gpu.gpu_instances()? {
        let at = instance.placement();
        let (from, length) = (at.start as usize * width, at.size as usize * width);
        outer.push(Cell { from, to: from + length, text: format!("{} {}", instance.id(), instance.profile().name) });
        let parts = instance.profile().slice_count as usize;
        for inside in instance.compute_instances()? {
            let part = inside.placement();
            inner.push(Cell {
                from: from + length * part.start as usize / parts,
                to: from + length * part.slices().end as usize / parts,
                text: format!("{} {}c", inside.id(), inside.profile().slice_count),
            });
        }
    }
    outer.sort_by_key(|cell| cell.from);
    inner.sort_by_key(|cell| cell.from);
    let ruler: String = (0..slices).map(|slice| format!("{slice:<width$}")).collect();
    println!("  slice  {}", ruler.trim_end());
    row("GI", &outer, slices * width);
    row("CI", &inner, slices * width);
    Ok(())
}

fn row(name: &str, cells: &[Cell], width: usize) {
    let (mut top, mut middle, mut bottom) = (String::new(), String::new(), String::new());
    let mut at = 0;
    for cell in cells {
        let gap = cell.from.saturating_sub(at);
        let inside = cell.to.saturating_sub(cell.from + 2);
        let text: String = cell.text.chars().take(inside).collect();
        top += &format!("{}┌{}┐", " ".repeat(gap), "─".repeat(inside));
        middle += &format!("{}│{text:<inside$}│", "·".repeat(gap));
        bottom += &format!("{}└{}┘", " ".repeat(gap), "─".repeat(inside));
        at = cell.to;
    }
    middle += &"·".repeat(width.saturating_sub(at));
    println!("         {top}");
    println!("  {name:<5}  {middle}");
    println!("         {bottom}");
}
