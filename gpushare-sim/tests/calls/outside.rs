//! What happens to a machine between two calls, of which NVML knows nothing.

use gpushare_sim::engine::{Access, Process, ProcessKind, ProcessSample};
use gpushare_sim::{Command, Machine};

use super::arguments::Bytes;

/// Lets something happen. What the machine refuses does not.
pub(super) fn happen(machine: &Machine, bytes: &mut Bytes) {
    let gpu = bytes.below(3);
    let command = match bytes.below(16) {
        0..6 => Command::AddProcess { gpu, process: process(machine, gpu, bytes) },
        6..9 => Command::RemoveProcess { gpu, pid: bytes.below(4) as u32 },
        9 => Command::SetAccess { access: bytes.of(&[Access::Monitor, Access::Unprivileged]) },
        10..12 => Command::SetAccess { access: Access::Admin },
        12 | 13 => {
            let (gi, ci) = (bytes.one_in(2).then(|| bytes.number()), bytes.one_in(2).then(|| bytes.number()));
            Command::InjectXid { gpu, xid: bytes.word(), gi, ci }
        }
        14 if bytes.one_in(2) => Command::SampleProcess { gpu, sample: sample(bytes) },
        14 => Command::Reset { gpu },
        _ if bytes.one_in(4) => Command::LoseGpu { gpu },
        _ => Command::Reboot,
    };
    // A refusal is an answer like any other; `control` itself panics where there is none.
    let _ = machine.control(&command);
}

fn sample(bytes: &mut Bytes) -> ProcessSample {
    let (pid, timestamp_us, share) = (bytes.below(4) as u32, bytes.word(), bytes.number());
    ProcessSample { pid, timestamp_us, multiprocessors: share, memory: share, encoder: 0, decoder: share }
}

fn process(machine: &Machine, gpu: usize, bytes: &mut Bytes) -> Process {
    let state = machine.state().expect("the machine answers");
    let devices: Vec<_> = state.gpus().get(gpu).into_iter().flat_map(|gpu| gpu.mig_devices()).collect();
    let instance = match devices.len() {
        0 if bytes.one_in(4) => Some((bytes.number(), bytes.number())),
        0 => None,
        count => Some(devices[bytes.below(count)]).map(|device| (device.gi, device.ci)).filter(|_| !bytes.one_in(4)),
    };
    let kinds = [ProcessKind::Compute, ProcessKind::Graphics, ProcessKind::MpsClient, ProcessKind::MpsServer];
    Process {
        pid: bytes.below(4) as u32,
        name: "x".repeat(bytes.below(128)),
        kind: bytes.of(&kinds),
        used_memory: bytes.of(&[None, Some(0), Some(1 << 20), Some(1 << 30), Some(1 << 36), Some(u64::MAX)]),
        instance,
    }
}
