//! Values as types: what is read, printed and refused.

use gpushare::{CudaRules, EntryFault, Error, MigEnumeration, VisibleDevice, VisibleDevices};

use crate::nodes::fault;

const PATH: &str = "MIG-GPU-9e4aeb94-01c0-5173-4811-4ca60f77b3a9";

#[test]
fn a_value_is_printed_in_one_form() {
    for (text, printed) in [
        ("", ""),
        ("0,1", "0,1"),
        (" 01 ,+2, 3abc", "1,2,3"),
        ("-1", "-1"),
        ("0,-7,1", "0,-1,1"),
        ("4294967297", "1"),
        ("GPU-9E4A", "GPU-9e4a"),
        ("GPU--9e4aeb9-40-1", "GPU-9e4aeb94-01"),
        ("GPU----", "GPU--"),
        ("GPU-9e4aeb9401c0517348114ca60f77b3a9", "GPU-9e4aeb94-01c0-5173-4811-4ca60f77b3a9"),
        ("GPU-9e4aeb94-01c0-5173-4811-4ca60f77b3a9 and more", "GPU-9e4aeb94-01c0-5173-4811-4ca60f77b3a9"),
        ("MIG-C421,0", "MIG-c421,0"),
        ("MIG-GPU-9E4AEB94-01C0-5173-4811-4CA60F77B3A9/2/00", "MIG-GPU-9e4aeb94-01c0-5173-4811-4ca60f77b3a9/2/0"),
        (" 00:2/0", "0:2/0"),
        ("0:2/0/0", "0"),
    ] {
        assert_eq!(text.parse::<VisibleDevices>().unwrap().to_string(), printed, "{text:?}");
    }
}

#[test]
fn what_no_node_could_honour_is_refused_by_name() {
    for (text, position, entry, why) in [
        ("0,abc,1", 1, "abc", "Malformed"),
        ("0,,1", 1, "", "Empty"),
        (" ", 0, " ", "Empty"),
        ("GPU-9e, GPU-93", 1, " GPU-93", "Malformed"),
        ("gpu-9e", 0, "gpu-9e", "Malformed"),
        ("MIG-GPU-9e4aeb94/2/0", 0, "MIG-GPU-9e4aeb94/2/0", "Malformed"),
    ] {
        let Err(Error::InvalidVisibleDevices { variable, position: at, entry: named, fault: found }) =
            text.parse::<VisibleDevices>()
        else {
            panic!("{text:?} was read")
        };
        assert_eq!((variable, at, named.as_str()), ("CUDA_VISIBLE_DEVICES", position, entry), "{text:?}");
        assert_eq!(fault(&found), why);
    }
    let said = "0,abc".parse::<VisibleDevices>().unwrap_err().to_string();
    assert_eq!(said, r#"CUDA_VISIBLE_DEVICES: entry 1 "abc" is neither an index nor a UUID nor a MIG device"#);
    assert!("0,1".parse::<VisibleDevice>().is_err());
    let long = vec!["GPU-9e4aeb94-01c0-5173-4811-4ca60f77b3a9"; 65].join(",");
    let said = long.parse::<VisibleDevices>().unwrap_err();
    assert!(matches!(
        said,
        Error::InvalidVisibleDevices { position: 64, fault: EntryFault::TooLong { most: 2624 }, .. }
    ));
}

#[test]
fn a_value_for_a_program_holds_nothing_that_cuda_would_not_honour() {
    let (strict, wide) = (CudaRules::default(), CudaRules::default().mig(MigEnumeration::OnePerGpuInstance));
    let mig = "MIG-c42101f0-a1fa-5b68-8908-7c5c887f28bd";
    for (rules, text, refused) in [
        (strict, "0,1", None),
        (strict, "", None),
        (strict, "-1", None),
        (strict, mig, None),
        (strict, "0,-1", Some("1 Negative")),
        (strict, "0,GPU-9e", Some("1 OtherKind")),
        (strict, "0,1,00", Some("2 Duplicate of: 0")),
        (strict, &format!("{mig},MIG-8970491e"), Some("1 SecondMigDevice first: 0")),
        (wide, &format!("{mig},MIG-8970491e"), None),
        (strict, &format!("GPU-9e,{mig}"), Some("0 BesideMigDevice mig: 1")),
        (wide, &format!("GPU-9e,{mig}"), None),
        (wide, &format!("{PATH}/3/0,{PATH}/3/1"), Some("1 SameGpuInstance first: 0")),
        (wide, &format!("{PATH}/3/0,{PATH}/2/0"), None),
        (wide, "0:3/0,1:3/0", None),
        (wide, "0:3/0,0:3/1", Some("1 SameGpuInstance first: 0")),
    ] {
        let value = text.parse::<VisibleDevices>().unwrap().value(&rules);
        let found = value.as_ref().err().map(|error| match error {
            Error::InvalidVisibleDevices { position, fault: found, .. } => format!("{position} {}", fault(found)),
            other => panic!("{other}"),
        });
        assert_eq!(found.as_deref(), refused, "{text:?}");
        assert!(value.is_err() || value.unwrap() == text);
    }
    let too_many: VisibleDevices = (0..65).map(|at| format!("{at}:0/0").parse::<VisibleDevice>().unwrap()).collect();
    assert!(matches!(
        too_many.value(&wide),
        Err(Error::InvalidVisibleDevices { position: 64, fault: EntryFault::TooManyMigDevices { most: 64 }, .. })
    ));
}

#[test]
fn a_driver_has_the_rules_of_its_branch() {
    for (version, mig) in [
        ("470.42.01", MigEnumeration::OnePerProcess),
        ("565.57.01", MigEnumeration::OnePerProcess),
        ("570.86.15", MigEnumeration::OnePerGpuInstance),
        ("580.126.09", MigEnumeration::OnePerGpuInstance),
        ("nonsense", MigEnumeration::OnePerProcess),
    ] {
        assert_eq!(CudaRules::of_driver(version).mig, mig, "{version}");
    }
}
