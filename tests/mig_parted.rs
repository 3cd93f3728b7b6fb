//! Configurations of nvidia-mig-parted: read, written, and turned into layouts.

#![forbid(unsafe_code)]

use std::error::Error;
use std::sync::Arc;

use gpushare::{ErrorKind, Layout, MigPartedConfig, Nvml};
use gpushare_sim::Machine;

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

const FILE: &str = include_str!("data/mig-parted.yaml");

#[test]
fn each_configuration_means_what_its_name_says() -> Outcome {
    let config: MigPartedConfig = FILE.parse()?;
    let machine = Machine::from_spec("2xA100-SXM4-40GB+1xA30+1xT4")?;
    let gpus = Nvml::builder().library(machine.library()?).init()?.gpus()?;
    for (name, layouts) in [
        ("all-disabled", [Some("off"), Some("off"), Some("off"), Some("off")]),
        ("all-enabled", [Some(""), Some(""), Some(""), Some("")]),
        ("all-1g.5gb", [Some("7x1g.5gb"); 4]),
        (
            "all-balanced",
            [Some("2x1g.5gb, 2g.10gb, 3g.20gb"), Some("2x1g.5gb, 2g.10gb, 3g.20gb"), Some("2x1g.6gb, 2g.12gb"), None],
        ),
        ("custom", [Some("1g.5gb+me, 1g.10gb, 3g.20gb[2c,1c], 3g.20gb[1c]"), Some("off"), Some("off"), Some("off")]),
    ] {
        for (gpu, expected) in gpus.iter().zip(layouts) {
            let layout = config.layout(name, gpu)?;
            let expected = expected.map(str::parse::<Layout>).transpose()?;
            let sorted = |layout: Option<Layout>| {
                layout.map(|mut layout| {
                    Arc::make_mut(&mut layout.gpu_instances).sort_by_key(ToString::to_string);
                    layout
                })
            };
            assert_eq!(sorted(layout), sorted(expected), "{name} on GPU {}", gpu.index());
        }
    }
    let error = config.layout("all-2g.10gb", &gpus[0]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(
        error.to_string().contains("there are all-1g.5gb, all-balanced, all-disabled, all-enabled, custom"),
        "{error}"
    );
    Ok(())
}

#[test]
fn what_is_written_reads_back_the_same() -> Outcome {
    let config: MigPartedConfig = FILE.parse()?;
    let written = config.to_string();
    assert_eq!(written.parse::<MigPartedConfig>()?, config, "{written}");
    assert_eq!(written.parse::<MigPartedConfig>()?.to_string(), written);
    // A single model stays a single model, and a list a list.
    assert!(
        written.contains("device-filter: '0x20B710DE'") || written.contains("device-filter: 0x20B710DE"),
        "{written}"
    );
    assert!(written.contains("0x20F110DE"), "{written}");
    Ok(())
}

#[test]
fn what_cannot_be_honoured_is_refused_with_its_line() {
    let entry = |lines: &str| format!("version: v1\nmig-configs:\n  a:\n    - {}\n", lines.replace('\n', "\n      "));
    for (text, line, reason) in [
        ("mig-configs: {a: [{devices: all, mig-enabled: false}]}\n".to_owned(), 1, "missing field `version`"),
        ("version: v2\nmig-configs: {}\n".into(), 1, "unknown variant `v2`"),
        ("version: v1\nmig-configs: {}\n".into(), 1, "there is no configuration"),
        ("version: v1\nmig-configs:\n  a: []\n".into(), 3, "the configuration has no entry"),
        ("version: v1\nhooks: {}\nmig-configs: {}\n".into(), 2, "unknown field `hooks`"),
        (entry("mig-enabled: false"), 4, "missing field `devices`"),
        (entry("devices: all"), 4, "missing field `mig-enabled`"),
        (
            entry("devices: some\nmig-enabled: false"),
            4,
            "invalid value: string \"some\", expected `all` or a list of GPU indices",
        ),
        (entry("devices: [-1]\nmig-enabled: false"), 4, "invalid type: integer `-1`, expected u32"),
        (entry("devices: all\nmig-enabled: true"), 4, "mig-devices is missing"),
        (entry("devices: all\nmig-enabled: false\nmig-devices: {1g.5gb: 1}"), 4, "mig-devices has 1g.5gb"),
        (entry("devices: all\nmig-enabled: true\nmig-devices: {small: 1}"), 6, "not a MIG profile name: \"small\""),
        (entry("devices: all\nmig-enabled: true\nmig-devices: {1g.5gb: -1}"), 6, "invalid type: integer `-1`"),
        (entry("devices: all\nmig-enabled: true\nmig-devices: {1g.5gb: 1000}"), 4, "1000 devices of 1g.5gb"),
        (entry("devices: all\nmig-enabled: true\nmig-devices: {}\nhbm: 1"), 7, "unknown field `hbm`"),
        (entry("devices: all\ndevice-filter: 20B0\nmig-enabled: false"), 5, "\"20B0\" is not a PCI device and vendor"),
    ] {
        let error = text.parse::<MigPartedConfig>().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidArgument);
        assert!(error.to_string().contains(reason), "{text}\n{error}");
        let gpushare::Error::InvalidConfig { line: found, .. } = error else { panic!("{error}") };
        assert_eq!(found, line, "{text}\n{error}");
    }
}
