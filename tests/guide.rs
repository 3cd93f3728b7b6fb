//! What the simulator's guide quotes stands in the files that it quotes, which `make guide` runs.

use std::fs;
use std::path::Path;

/// The quoted blocks by language. Rust's are doc tests themselves, and what stands in `sh` blocks of one command is typed, not quoted.
#[test]
fn the_guide_quotes_its_examples() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let guide = fs::read_to_string(root.join("gpushare-sim/GUIDE.md")).expect("the guide is there");
    let files = |extension: &str| -> Vec<String> {
        let entries = fs::read_dir(root.join("examples/simulator")).expect("the examples are there");
        let paths = entries.map(|entry| entry.expect("a folder entry").path());
        let texts = paths.filter(|path| path.extension().is_some_and(|found| found == extension));
        texts.map(|path| fs::read_to_string(path).expect("an example is text")).collect()
    };
    let mut quoted = 0;
    for block in guide.split("\n```").skip(1).step_by(2) {
        let (language, text) = block.split_once('\n').expect("a block begins with its language");
        let extension = match language {
            "python" => "py",
            "c" | "go" => language,
            "sh" if text.lines().count() > 1 => "sh",
            _ => continue,
        };
        assert!(files(extension).iter().any(|file| file.contains(text)), "no example has\n{text}");
        quoted += 1;
    }
    assert_eq!(quoted, 18);
}
