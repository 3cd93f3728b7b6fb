//! The nodes that the tests are about.

use gpushare::{
    ComputeInstanceId, CudaDevice, CudaDevices, CudaRules, DeviceOrder, EntryFault, GpuInstanceId, ListEnd,
    MigEnumeration, VisibleGpu, VisibleMigDevice, VisibleNode,
};

const A100S: [&str; 8] = [
    "GPU-9e4aeb94-01c0-5173-4811-4ca60f77b3a9",
    "GPU-934e3c41-2e9a-efbf-5e75-a17cc8913c9e",
    "GPU-36441532-9ef4-0f3a-afb1-f844c3ab04bf",
    "GPU-ba4fa428-9d41-74cf-86e6-0824b0de1b09",
    "GPU-ab948b61-2346-9a55-872f-9c025479276d",
    "GPU-c634460f-e63f-6e47-e45a-2401ba173441",
    "GPU-9e9e32ec-1efc-2b7f-a94c-c985be7dcb8a",
    "GPU-e38bb82d-2bd3-41b0-1c6e-db7d90e6ae19",
];

/// A node and the rules under which it is looked at.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Stage {
    /// One GPU without MIG: what the measurements were made on.
    One,
    /// Eight GPUs without MIG.
    Eight,
    /// Eight GPUs, of which the first has four MIG devices, with a driver from R570 on.
    Walkthrough,
    /// The same with an older driver.
    Before570,
    /// Two GPUs with three MIG devices each, and one without MIG, with a driver from R570 on.
    Split,
    /// A GPU in MIG mode without MIG devices, and one without MIG.
    Undivided,
    /// Two models in CUDA's own order.
    Mixed,
    /// Two models in the order of the bus, on which the second comes first.
    MixedByBus,
    /// No GPU.
    Nothing,
}

pub(crate) fn gpu(index: u32, uuid: &str) -> VisibleGpu {
    VisibleGpu {
        index,
        uuid: uuid.parse().unwrap(),
        pci_address: format!("0000:{:02x}:00.0", 16 * (index + 1)).parse().unwrap(),
        name: "NVIDIA A100-SXM4-40GB".into(),
        mig_enabled: false,
        mig_devices: Vec::new(),
    }
}

fn mig(uuid: &str, gpu_instance: u32, compute_instance: u32) -> VisibleMigDevice {
    VisibleMigDevice {
        uuid: uuid.parse().unwrap(),
        gpu_instance: GpuInstanceId(gpu_instance),
        compute_instance: ComputeInstanceId(compute_instance),
    }
}

fn eight() -> VisibleNode {
    VisibleNode { gpus: (0..).zip(A100S).map(|(index, uuid)| gpu(index, uuid)).collect() }
}

pub(crate) fn walkthrough() -> VisibleNode {
    let mut node = eight();
    node.gpus[0].mig_enabled = true;
    node.gpus[0].mig_devices = vec![
        mig("MIG-c42101f0-a1fa-5b68-8908-7c5c887f28bd", 2, 0),
        mig("MIG-8970491e-16e0-5140-9f8f-d561baa3c186", 3, 0),
        mig("MIG-239565ce-30e3-52d7-8197-5630d3ce21fa", 3, 1),
        mig("MIG-20301a31-77fa-59ec-b0b8-7ef543821f29", 9, 0),
    ];
    node
}

fn split() -> VisibleNode {
    let mut node = eight();
    node.gpus.truncate(3);
    for (gpu, first) in node.gpus.iter_mut().zip(["1", "2"]) {
        gpu.mig_enabled = true;
        let uuid = |last: u32| format!("MIG-{first}0000000-0000-5000-8000-00000000000{last}");
        gpu.mig_devices = vec![mig(&uuid(1), 1, 0), mig(&uuid(2), 1, 1), mig(&uuid(3), 2, 0)];
    }
    node
}

impl Stage {
    pub(crate) const ALL: [Self; 9] = [
        Self::One,
        Self::Eight,
        Self::Walkthrough,
        Self::Before570,
        Self::Split,
        Self::Undivided,
        Self::Mixed,
        Self::MixedByBus,
        Self::Nothing,
    ];

    pub(crate) fn node(self) -> VisibleNode {
        let mut node = eight();
        match self {
            Self::Eight => {}
            Self::Walkthrough | Self::Before570 => return walkthrough(),
            Self::Split => return split(),
            Self::One => node.gpus.truncate(1),
            Self::Undivided => {
                node.gpus.truncate(2);
                node.gpus[0].mig_enabled = true;
            }
            Self::Mixed | Self::MixedByBus => {
                node.gpus.truncate(2);
                node.gpus[1].name = "NVIDIA T4".into();
                node.gpus[1].pci_address = "0000:01:00.0".parse().unwrap();
            }
            Self::Nothing => node.gpus.clear(),
        }
        node
    }

    pub(crate) fn rules(self) -> CudaRules {
        match self {
            Self::Walkthrough | Self::Split => CudaRules::default().mig(MigEnumeration::OnePerGpuInstance),
            Self::MixedByBus => CudaRules::default().order(DeviceOrder::PciBusId),
            _ => CudaRules::default(),
        }
    }
}

/// A device in short: the index of the GPU, and with it the ids of a MIG device.
pub(crate) fn short(device: &CudaDevice) -> String {
    match device.mig {
        Some(mig) => format!("{}/{}/{}", device.gpu, mig.gpu_instance, mig.compute_instance),
        None => device.gpu.to_string(),
    }
}

pub(crate) fn fault(fault: &EntryFault) -> String {
    format!("{fault:?}").replace(['{', '}', '"'], "").split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What a program sees in short: the devices, those that are hidden, the end of the list, and CUDA's error.
pub(crate) fn seen(devices: &CudaDevices) -> String {
    let mut words: Vec<_> = devices.devices.iter().map(short).collect();
    words.extend(
        devices.hidden.iter().map(|hidden| format!("hidden {} {}", short(&hidden.device), fault(&hidden.fault))),
    );
    match &devices.end {
        ListEnd::Complete => {}
        ListEnd::Unset => words.push("unset".into()),
        ListEnd::Ignored { .. } => words.push("ignored".into()),
        ListEnd::At { position, fault: why, .. } => words.push(format!("@{position} {}", fault(why))),
        other => words.push(other.to_string()),
    }
    words.extend(devices.cuda_error().map(|code| format!("={code}")));
    words.join(" ")
}
