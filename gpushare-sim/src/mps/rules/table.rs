//! The tables that commands print.

use serde::{Deserialize, Serialize};

/// A GPU or a MIG device that a server uses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::mps) struct DeviceRow {
    pub(in crate::mps) uuid: String,
    pub(in crate::mps) name: String,
    /// Domain, bus, device and function.
    pub(in crate::mps) pci: [u32; 4],
    pub(in crate::mps) multiprocessors: u32,
    /// Which of the machine's GPUs it is, or is a part of.
    pub(in crate::mps) gpu: usize,
    pub(in crate::mps) instance: Option<(u32, u32)>,
}

/// A row of `ps`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::mps) struct Process {
    pub(in crate::mps) pid: i32,
    pub(in crate::mps) row: u32,
    pub(in crate::mps) device: Option<String>,
    pub(in crate::mps) namespace: u64,
    pub(in crate::mps) name: String,
}

/// The heading of a device in `get_device_client_list`. The daemon knows no PCI address here and prints zeros.
pub(super) fn device_line(ordinal: usize, device: &DeviceRow) -> String {
    format!("[{ordinal}] 00:00.0, {}", device.name)
}

/// `ps`: the table's heading.
pub(super) fn process_heading() -> String {
    process_line("PID", "ID", "SERVER", "DEVICE", "NAMESPACE", "COMMAND")
}

/// `ps`: the row of a process.
pub(super) fn process_row(server: i32, process: &Process) -> String {
    let Process { pid, row, device, namespace, name } = process;
    let device = short(device.as_deref().unwrap_or_default());
    process_line(&pid.to_string(), &row.to_string(), &server.to_string(), &device, &namespace.to_string(), name)
}

fn process_line(pid: &str, id: &str, server: &str, device: &str, namespace: &str, command: &str) -> String {
    format!("{pid:<10}{id:<10}{server:<15}{device:<26}{namespace:<15}{command:<15}")
}

/// A UUID without its last two groups.
fn short(uuid: &str) -> String {
    let groups: Vec<_> = uuid.split('-').collect();
    groups[..groups.len().saturating_sub(2).max(1)].join("-")
}

/// `device_query`: one block. What separates the columns with `--csv` is inferred.
pub(super) fn device_block(title: &str, devices: &[DeviceRow], csv: bool) -> Vec<String> {
    let line = |cells: [&str; 5]| match csv {
        true => cells.join(","),
        false => format!("{:<16}{:<15}{:<42}{:<34}{}", cells[0], cells[1], cells[2], cells[3], cells[4]),
    };
    let row = |(ordinal, device): (usize, &DeviceRow)| {
        let [domain, bus, slot, function] = device.pci;
        let pci = format!("{domain:04x}:{bus:02x}.{slot:02x}.{function:02x}");
        line([&ordinal.to_string(), &pci, &device.uuid, &device.name, "N/A"])
    };
    let heading = line(["Device Ordinal", "PCI IDs", "UUID", "Name", "Attributes"]);
    [title.to_owned(), heading].into_iter().chain(devices.iter().enumerate().map(row)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recorded() -> DeviceRow {
        DeviceRow {
            uuid: "GPU-e61f5488-0846-50c7-40b2-10448a40a39b".into(),
            name: "NVIDIA H200".into(),
            pci: [0, 0, 6, 0],
            multiprocessors: 132,
            gpu: 0,
            instance: None,
        }
    }

    #[test]
    fn tables_are_as_recorded_on_an_h200() {
        let device = recorded();
        assert_eq!(device_line(0, &device), "[0] 00:00.0, NVIDIA H200");
        let process = Process {
            pid: 519,
            row: 1,
            device: Some(device.uuid.clone()),
            namespace: 4_026_531_836,
            name: "python3".into(),
        };
        assert_eq!(
            process_heading(),
            "PID       ID        SERVER         DEVICE                    NAMESPACE      COMMAND        "
        );
        assert_eq!(
            process_row(553, &process),
            "519       1         553            GPU-e61f5488-0846-50c7    4026531836     python3        "
        );
        assert_eq!(
            device_block("Server 553", &[device], false),
            [
                "Server 553",
                "Device Ordinal  PCI IDs        UUID                                      Name                              Attributes",
                "0               0000:00.06.00  GPU-e61f5488-0846-50c7-40b2-10448a40a39b  NVIDIA H200                       N/A",
            ]
        );
    }
}
