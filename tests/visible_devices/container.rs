//! What `NVIDIA_VISIBLE_DEVICES` gives a container.

use gpushare::{ContainerDevice, Error, NvidiaVisibleDevices};

use crate::nodes::{fault, short, walkthrough};

/// The value, how it is printed, and the devices. Of the toolkit's documentation where not said otherwise.
const CASES: &[(&str, &str, &str)] = &[
    ("", "void", ""),
    ("void", "void", ""),
    ("none", "none", ""),
    ("all", "all", "0 0/2/0 0/3/0 0/3/1 0/9/0 1 2 3 4 5 6 7"),
    ("0", "0", "0"),
    ("1,2", "1,2", "1 2"),
    ("0,1,2,", "0,1,2", "0 1 2"),
    ("GPU-934e3c41-2e9a-efbf-5e75-a17cc8913c9e", "GPU-934e3c41-2e9a-efbf-5e75-a17cc8913c9e", "1"),
    ("MIG-c42101f0-a1fa-5b68-8908-7c5c887f28bd", "MIG-c42101f0-a1fa-5b68-8908-7c5c887f28bd", "0/2/0"),
    ("0:0", "0:0", "0/2/0"),
    ("0:2,0:3", "0:2,0:3", "0/3/1 0/9/0"),
    ("2,0:0,GPU-934e3c41-2e9a-efbf-5e75-a17cc8913c9e", "2,0:0,GPU-934e3c41-2e9a-efbf-5e75-a17cc8913c9e", "2 0/2/0 1"),
    // The toolkit's sources: words, white space and empty entries.
    (",", "void", ""),
    (" 1 , 2 ", "1,2", "1 2"),
    ("1,,2", "1,2", "1 2"),
    ("1,all", "all", "0 0/2/0 0/3/0 0/3/1 0/9/0 1 2 3 4 5 6 7"),
    ("all,none", "none", ""),
    ("none,void,1", "void", ""),
    // The sources of libnvidia-container: what is named twice, case, the PCI bus.
    ("1,1,01", "1,1,1", "1"),
    ("gpu-934E3C41-2e9a-efbf-5e75-a17cc8913c9e", "GPU-934e3c41-2e9a-efbf-5e75-a17cc8913c9e", "1"),
    ("mig-C42101f0-a1fa-5b68-8908-7c5c887f28bd", "MIG-c42101f0-a1fa-5b68-8908-7c5c887f28bd", "0/2/0"),
    ("0000:20:00.0", "00000000:20:00.0", "1"),
];

#[test]
fn a_container_is_given_what_the_toolkit_gives_it() {
    for (text, printed, devices) in CASES {
        let value: NvidiaVisibleDevices = text.parse().unwrap();
        assert_eq!(value.to_string(), *printed, "{text:?}");
        assert_eq!(value.to_string().parse::<NvidiaVisibleDevices>().unwrap(), value, "{text:?}");
        let given = value.resolve(&walkthrough()).unwrap();
        assert_eq!(given.iter().map(short).collect::<Vec<_>>().join(" "), *devices, "{text:?}");
    }
}

#[test]
fn a_container_with_an_unknown_device_does_not_start() {
    for (text, why) in [
        ("9", "0 NoSuchGpu gpus: 8"),
        ("1,0:4", "1 NoSuchMigDevice"),
        ("1:0", "0 NoSuchMigDevice"),
        ("9:0", "0 NoSuchGpu gpus: 8"),
        ("GPU-00000000-2e9a-efbf-5e75-a17cc8913c9e", "0 NoSuchUuid"),
        ("MIG-00000000-a1fa-5b68-8908-7c5c887f28bd", "0 NoSuchUuid"),
        ("0000:ff:00.0", "0 NoSuchGpu gpus: 8"),
        // Whole UUIDs alone.
        ("GPU-934e3c41", "0 Malformed"),
        ("1,,abc", "2 Malformed"),
        ("-1", "0 Malformed"),
        ("0:2/0", "0 Malformed"),
        ("ALL", "0 Malformed"),
    ] {
        let given = text.parse::<NvidiaVisibleDevices>().and_then(|value| value.resolve(&walkthrough()));
        let Err(Error::InvalidVisibleDevices { variable, position, fault: found, .. }) = given else {
            panic!("{text:?}: {given:?}")
        };
        assert_eq!(variable, "NVIDIA_VISIBLE_DEVICES");
        assert_eq!(format!("{position} {}", fault(&found)), why, "{text:?}");
    }
}

#[test]
fn no_devices_are_none_and_not_an_empty_value() {
    assert_eq!(NvidiaVisibleDevices::from_iter([]), NvidiaVisibleDevices::None);
    let value =
        NvidiaVisibleDevices::from_iter([ContainerDevice::Index(1), ContainerDevice::MigIndex { gpu: 0, mig: 2 }]);
    assert_eq!(value.to_string(), "1,0:2");
}
