"""Who uses a GPU or MIG device, and what the kernel knows of it."""

from __future__ import annotations

import pickle
from pathlib import Path

import gpushare
import pytest
from fake_procfs import appear
from gpushare import MpsRole, ProcessKinds
from gpushare.sim import Access, ProcessKind

CONTAINER = "ab" * 32


def test_a_process(machine: gpushare.Machine, nvml: gpushare.Nvml, procfs: Path) -> None:
    assert nvml.procfs == procfs
    gpu = nvml.gpu(0)
    before = gpu.memory()
    machine.add_process(0, 4711, name="trainer", used_memory=1 << 30)
    appear(procfs, 4711, "python3", uid=1000, group=f"/system.slice/docker-{CONTAINER}.scope")
    [process] = gpu.processes()
    assert (process.pid, process.name, process.uid, process.container) == (4711, "python3", 1000, CONTAINER)
    assert process.kinds is ProcessKinds.COMPUTE and process.mps is None
    assert (process.used_memory, process.gpu_instance, process.compute_instance) == (1 << 30, None, None)
    assert str(process) == "process 4711 (python3)"
    assert "kinds=<ProcessKinds.COMPUTE: 1>" in repr(process)
    assert pickle.loads(pickle.dumps(process)) == process == gpushare.GpuProcess.from_json(process.to_json())
    assert gpu.memory().used - before.used == 1 << 30
    machine.remove_process(0, 4711)
    assert gpu.processes() == []


def test_what_is_not_known_is_none(machine: gpushare.Machine, gpu: gpushare.Gpu) -> None:
    machine.add_process(0, 1, name="elsewhere", used_memory=None, kind=ProcessKind.GRAPHICS)
    [process] = gpu.processes()
    assert (process.name, process.uid, process.container, process.used_memory) == ("elsewhere", None, None, None)
    assert process.kinds == ProcessKinds.GRAPHICS


def test_who_is_on_which_mig_device(machine: gpushare.Machine, mig: gpushare.Gpu) -> None:
    for profile in ("2g.10gb", "1g.5gb"):
        mig.create_gpu_instance(profile).create_default_compute_instance()
    devices = mig.mig_devices()
    for pid, device in enumerate(devices, 10):
        machine.add_process(0, pid, instance=(device.gpu_instance_id, device.compute_instance_id))
    assert [(process.pid, process.gpu_instance) for process in mig.processes()] == [
        (pid, device.gpu_instance_id) for pid, device in enumerate(devices, 10)
    ]
    machine.set_access(Access.UNPRIVILEGED)
    with pytest.raises(gpushare.NoPermissionError):
        mig.processes()
    assert [process.pid for process in devices[1].processes()] == [11]


def test_clients_of_mps_are_their_servers(machine: gpushare.Machine, gpu: gpushare.Gpu, procfs: Path) -> None:
    appear(procfs, 20, "nvidia-cuda-mps-control")
    appear(procfs, 21, "nvidia-cuda-mps-server", parent=20, directory="/run/mps")
    machine.add_process(0, 21, kind=ProcessKind.MPS_SERVER)
    machine.add_process(0, 22, kind=ProcessKind.MPS_CLIENT)
    server, client = gpu.processes()
    assert server.mps == MpsRole.Server(daemon=20, pipe_directory=Path("/run/mps"))
    assert client.mps == MpsRole.Client(server=21, daemon=20)
    assert client.kinds == ProcessKinds.COMPUTE | ProcessKinds.MPS_CLIENT
    assert pickle.loads(pickle.dumps(server.mps)) == server.mps


def test_samples_are_told_once_each(machine: gpushare.Machine, gpu: gpushare.Gpu) -> None:
    assert gpu.process_utilization() == []
    machine.sample_process(0, 9, 1000, multiprocessors=80, memory=20)
    machine.sample_process(0, 5, 2000, encoder=1, decoder=2)
    five, nine = gpu.process_utilization()
    assert (five.pid, five.timestamp_us, five.encoder, five.decoder) == (5, 2000, 1, 2)
    assert (nine.pid, nine.multiprocessors, nine.memory) == (9, 80, 20)
    assert gpu.process_utilization(1000) == [five]
    assert pickle.loads(pickle.dumps(five)) == five
    gpu.set_mig_mode(True)
    with pytest.raises(gpushare.NotSupportedError):
        gpu.process_utilization()
