"""Snapshots: what is in them, what they say of changes, and that nothing in them is stale."""

from __future__ import annotations

import json
import pickle
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import gpushare
import pytest
from fake_procfs import appear
from gpushare import Change, MpsServerSnapshot, Snapshot, SnapshotFact
from gpushare.sim import Access, ProcessKind

# The layout of the recorded A100 session.
RECORDED = "4g.20gb@0, 2g.10gb@4[1c,1c], 1g.5gb@6"
CONTAINER = "ab" * 32
HALF = 512 << 20


@dataclass
class Node:
    machine: gpushare.Machine
    nvml: gpushare.Nvml
    procfs: Path
    folder: Path

    def divide(self, index: int, layout: str) -> None:
        self.nvml.gpu(index).apply_layout(layout, directory=self.folder)

    def run(self, index: int, pid: int, instance: tuple[int, int] | None = None, kind: ProcessKind = ProcessKind.COMPUTE) -> None:
        """A program of user 1000 begins to use half a GiB in a container."""
        appear(self.procfs, pid, "python3", uid=1000, group=f"/system.slice/docker-{CONTAINER}.scope")
        self.machine.add_process(index, pid, kind=kind, used_memory=HALF, instance=instance)


@pytest.fixture
def node(procfs: Path, folder: Path) -> Iterator[Node]:
    with gpushare.simulate("2xA100-SXM4-40GB") as machine, machine.nvml(procfs=procfs) as nvml:
        yield Node(machine, nvml, procfs, folder)


@pytest.fixture
def recorded(node: Node) -> Node:
    node.divide(0, RECORDED)
    node.run(0, 4711, (3, 1))
    return node


def test_the_recorded_session(recorded: Node) -> None:
    snapshot = recorded.nvml.snapshot()
    assert (snapshot.schema, snapshot.driver_version, snapshot.mps_daemons) == (1, "580.126.09", [])
    gpu, other = snapshot.gpus
    assert str(gpu.layout()) == "4g.20gb@0[*@0], 2g.10gb@4[#0@0,#0@1], 1g.5gb@6[*@0]"
    # Name, ids and memory as nvidia-smi printed them there; then the process.
    assert [
        (device.index, device.name, device.gpu_instance, device.compute_instance, device.memory.used >> 20, device.memory.total >> 20)
        for device in gpu.mig_devices
        if device.memory
    ] == [
        (0, "4g.20gb", 2, 0, 142, 20096),
        (1, "1c.2g.10gb", 3, 0, 71 + 512, 9984),
        (2, "1c.2g.10gb", 3, 1, 71 + 512, 9984),
        (3, "1g.5gb", 9, 0, 36, 4864),
    ]
    assert [len(gpu.processes_on(device)) for device in gpu.mig_devices] == [0, 0, 1, 0]
    [process] = gpu.processes_on(gpu.mig_devices[2])
    assert (process.pid, process.name, process.uid, process.container, process.used_memory) == (4711, "python3", 1000, CONTAINER, HALF)
    assert gpu.gpu_instances is not None
    assert [(gi.id, gi.profile, str(gi.placement), len(gi.compute_instances)) for gi in gpu.gpu_instances] == [
        (2, "4g.20gb", "0:4", 1),
        (3, "2g.10gb", "4:2", 2),
        (9, "1g.5gb", "6:1", 1),
    ]
    assert [part.is_whole for part in gpu.gpu_instances[1].compute_instances] == [False, False]
    assert {profile.free for profile in gpu.capacity} == {0} and gpu.capacity[0].total == 7
    assert (gpu.mig_enabled, gpu.compute_mode, gpu.utilization, gpu.unknown) == (True, None, None, [])
    assert (other.mig_enabled, other.mig_devices, other.processes, str(other.layout())) == (False, [], [], "off")
    assert (other.compute_mode, other.utilization) == (gpushare.ComputeMode.DEFAULT, gpushare.Utilization(0, 0))
    assert other.memory == recorded.nvml.gpu(1).memory() and other.utilization == recorded.nvml.gpu(1).utilization()


def test_parts_are_found_by_their_uuids(recorded: Node) -> None:
    snapshot, handle = recorded.nvml.snapshot(), recorded.nvml.gpu(0)
    gpu = snapshot.gpu(handle.uuid)
    assert gpu is not None and gpu == snapshot.gpus[0]
    device = handle.mig_devices()[2]
    for form in device.visible_device_forms()[:2]:
        assert gpu.mig_device(str(form)) == gpu.mig_devices[2]
    assert snapshot.gpu("GPU-00000000-0000-0000-0000-000000000000") is None
    assert gpu.mig_device("MIG-00000000-0000-0000-0000-000000000000") is None
    for wrong in (lambda: snapshot.gpu("0"), lambda: gpu.mig_device(handle.uuid)):
        with pytest.raises(gpushare.InvalidArgumentError):
            wrong()


def test_what_a_program_would_see(recorded: Node) -> None:
    snapshot = recorded.nvml.snapshot()
    node = snapshot.visible_node()
    assert node == recorded.nvml.visible_node()
    assert node.resolve("0:3/1").devices[0].uuid() == snapshot.gpus[0].mig_devices[2].uuid


def test_its_text(recorded: Node) -> None:
    snapshot = recorded.nvml.snapshot()
    gpu = snapshot.gpus[0]
    lines = str(snapshot).splitlines()
    assert lines[0] == "driver 580.126.09, GPUs: 2"
    assert f"  MIG 2: 1c.2g.10gb {gpu.mig_devices[2].uuid} (GI 3, CI 1): 583 of 9984 MiB in use" in lines
    assert str(gpu) in str(snapshot) and "    process 4711 (python3)" in lines


def test_changes(node: Node) -> None:
    observer, handle = node.nvml.observer(), node.nvml.gpu(0)
    off = observer.snapshot()
    node.divide(0, "3g.20gb@4, 1g.5gb@0[]")
    node.run(0, 31, (1, 0))
    divided = observer.snapshot()
    uuid, [device] = handle.uuid, divided.gpus[0].mig_devices
    changes = off.changes_to(divided)
    assert [str(change) for change in changes] == [
        f"{uuid}: MIG enabled, was disabled",
        f"{uuid}: compute mode unknown, was default",
        f"{uuid}: GPU instance 1 3g.20gb at 4:4 created",
        f"{uuid}: GPU instance 11 1g.5gb at 0:1 created",
        f"{uuid}: MIG device 3g.20gb {device.uuid} created",
        f"{uuid}: process 31 (python3) started",
        f"{uuid}: 655 MiB of memory in use, was 0 MiB",
    ]
    assert changes[:2] == [
        Change.MigMode(gpu=uuid, before=False, after=True),
        Change.ComputeMode(gpu=uuid, before=gpushare.ComputeMode.DEFAULT, after=None),
    ]
    assert isinstance(changes[4], Change.MigDeviceCreated) and changes[4].device == device
    assert isinstance(changes[6], Change.Memory) and changes[6].after == divided.gpus[0].memory
    assert divided.changes_to(divided) == []
    assert {type(change) for change in divided.changes_to(off)} >= {Change.ProcessEnded, Change.MigDeviceDestroyed}
    for change in changes:
        assert pickle.loads(pickle.dumps(change)) == change == Change.from_json(change.to_json())
        assert change.to_dict() == json.loads(change.to_json())
    assert len(set(changes)) == len(changes)
    assert eval(repr(changes[1]), vars(gpushare)) == changes[1]


def test_changes_that_are_none() -> None:
    for change in (Change.GpuAppeared("0"), Change.Other("a new kind")):
        with pytest.raises(ValueError):
            change.to_json()
    assert str(Change.Other("a new kind")) == "a new kind"
    with pytest.raises(ValueError, match="change"):
        Change.from_json("{}")


def test_json_reads_back_and_another_form_is_refused_by_its_number(recorded: Node) -> None:
    snapshot = recorded.nvml.snapshot()
    text = snapshot.to_json()
    assert Snapshot.from_json(text) == snapshot
    with pytest.raises(ValueError, match="a snapshot of form 2; this version of gpushare reads form 1"):
        Snapshot.from_json(text.replace('"schema":1', '"schema":2', 1))
    plain = snapshot.to_dict()
    assert plain == json.loads(text)
    # Names that programs in other languages read.
    assert plain["gpus"][0]["mig_devices"][1]["attributes"]["multiprocessor_count"] == 14
    assert plain["gpus"][0]["gpu_instances"][0]["placement"] == {"start": 0, "size": 4}


def test_all_of_it_is_plain_data(recorded: Node) -> None:
    recorded.machine.set_access(Access.MONITOR)
    unseen = recorded.nvml.snapshot().gpus[0]
    recorded.machine.set_access(Access.ADMIN)
    mps(recorded)
    snapshot = recorded.nvml.snapshot()
    gpu, [daemon] = snapshot.gpus[0], snapshot.mps_daemons
    assert gpu.gpu_instances
    for value in (
        snapshot,
        gpu,
        gpu.gpu_instances[1],
        gpu.gpu_instances[1].compute_instances[0],
        gpu.mig_devices[0],
        gpu.capacity[0],
        unseen.unknown[0],
        daemon,
        daemon.servers[0],
    ):
        again = pickle.loads(pickle.dumps(value))
        assert again == value and hash(again) == hash(value) and repr(again) == repr(value)
        assert type(value).from_json(json.dumps(value.to_dict())) == value
        assert repr(value).startswith(f"{type(value).__name__}(")
    with pytest.raises(AttributeError):
        setattr(snapshot, "gpus", [])
    assert snapshot != recorded.nvml.snapshot().gpus[0]
    del snapshot.gpus[0]
    assert len(snapshot.gpus) == 2, "its lists are the caller's own"


def test_what_is_not_told_has_a_reason(recorded: Node) -> None:
    all_of_it = recorded.nvml.snapshot()
    recorded.machine.set_access(Access.MONITOR)
    seen = recorded.nvml.snapshot()
    gpu = seen.gpus[0]
    [unknown] = gpu.unknown
    assert (unknown.fact, unknown.mig_device) == (SnapshotFact.GPU_INSTANCES, None)
    assert unknown.kind is gpushare.NoPermissionError and issubclass(unknown.kind, PermissionError)
    assert str(unknown) == f"not known: {unknown.message}" and "kind=NoPermissionError" in repr(unknown)
    assert (gpu.gpu_instances, gpu.layout(), gpu.capacity) == (None, None, [])
    assert gpu.mig_devices == all_of_it.gpus[0].mig_devices and gpu.processes == all_of_it.gpus[0].processes
    assert all_of_it.changes_to(seen) == [], "what was not told has not changed"
    recorded.machine.set_access(Access.UNPRIVILEGED)
    gpu = recorded.nvml.snapshot().gpus[0]
    assert [unknown.fact for unknown in gpu.unknown] == [SnapshotFact.GPU_INSTANCES, SnapshotFact.MEMORY, SnapshotFact.PROCESSES]
    assert gpu.memory is None and gpu.processes == all_of_it.gpus[0].processes


def test_each_fact_has_its_word() -> None:
    for function, fact, kind in [
        ("nvmlDeviceGetMinorNumber", SnapshotFact.MINOR_NUMBER, gpushare.DriverError),
        ("nvmlDeviceGetPciInfo*", SnapshotFact.PCI_ADDRESS, gpushare.DriverError),
        ("nvmlDeviceGetUtilizationRates", SnapshotFact.UTILIZATION, gpushare.DriverError),
        ("nvmlDeviceGetComputeMode", SnapshotFact.COMPUTE_MODE, gpushare.DriverError),
        ("nvmlDeviceGetMigMode", SnapshotFact.MIG_MODE, gpushare.DriverError),
    ]:
        with gpushare.simulate("1xA100-SXM4-40GB") as machine, machine.nvml() as nvml:
            machine.set_faults(f"{function}#1+=UNKNOWN")
            unknown = nvml.snapshot().gpus[0].unknown
        assert {(one.fact, one.kind) for one in unknown} == {(fact, kind)}, function


def mps(node: Node) -> None:
    """A daemon with a server and two clients on the second GPU, beside a program without MPS."""
    appear(node.procfs, 70, "nvidia-cuda-mps-control")
    appear(node.procfs, 71, "nvidia-cuda-mps-server", parent=70, uid=1000, directory="/run/mps")
    node.machine.add_process(1, 71, kind=ProcessKind.MPS_SERVER)
    for pid, kind in ((81, ProcessKind.MPS_CLIENT), (80, ProcessKind.MPS_CLIENT), (90, ProcessKind.COMPUTE)):
        node.run(1, pid, kind=kind)


def test_mps(node: Node) -> None:
    mps(node)
    observer = node.nvml.observer()
    snapshot = observer.snapshot()
    [daemon] = snapshot.mps_daemons
    assert (daemon.pid, daemon.pipe_directory) == (70, Path("/run/mps"))
    [server] = daemon.servers
    assert isinstance(server, MpsServerSnapshot) and (server.pid, server.uid, server.clients) == (71, 1000, [80, 81])
    assert str(snapshot).endswith("MPS daemon 70 in /run/mps\n  server 71: clients 80, 81")
    for pid in (71, 80, 81):
        node.machine.remove_process(1, pid)
    changes = snapshot.changes_to(observer.snapshot())
    assert Change.MpsDaemonEnded(daemon) in changes and len(changes) == 5, changes


def test_columns(recorded: Node) -> None:
    mps(recorded)
    snapshot = recorded.nvml.snapshot()
    first, second = snapshot.gpus
    tables = {name: snapshot.columns(name) for name in ("gpus", "mig_devices", "processes", "capacity")}
    for name, rows in (("gpus", 2), ("mig_devices", 4), ("processes", 5), ("capacity", 7)):
        assert {len(column) for column in tables[name].values()} == {rows}, name
    assert first.memory and first.pci_address
    assert {name: column[0] for name, column in tables["gpus"].items()} == {
        "index": 0,
        "uuid": first.uuid,
        "name": "NVIDIA A100-SXM4-40GB",
        "minor_number": 0,
        "pci_address": str(first.pci_address),
        "memory_total_bytes": first.memory.total,
        "memory_free_bytes": first.memory.free,
        "memory_used_bytes": first.memory.used,
        "memory_reserved_bytes": first.memory.reserved,
        "utilization_gpu_percent": None,
        "utilization_memory_percent": None,
        "compute_mode": None,
        "mig_enabled": True,
        "layout": "4g.20gb@0[*@0], 2g.10gb@4[#0@0,#0@1], 1g.5gb@6[*@0]",
    }
    assert [tables["gpus"][name][1] for name in ("utilization_gpu_percent", "compute_mode", "mig_enabled", "layout")] == [
        0,
        "default",
        False,
        "off",
    ]
    device = first.mig_devices[2]
    assert device.memory
    assert {name: column[2] for name, column in tables["mig_devices"].items()} == {
        "gpu_index": 0,
        "gpu_uuid": first.uuid,
        "index": 2,
        "uuid": device.uuid,
        "name": "1c.2g.10gb",
        "gpu_instance": 3,
        "compute_instance": 1,
        "multiprocessor_count": 14,
        "memory_total_bytes": 9984 << 20,
        "memory_free_bytes": device.memory.free,
        "memory_used_bytes": device.memory.used,
        "memory_reserved_bytes": device.memory.reserved,
    }
    processes = tables["processes"]
    assert {name: column[0] for name, column in processes.items()} == {
        "gpu_index": 0,
        "gpu_uuid": first.uuid,
        "mig_uuid": device.uuid,
        "gpu_instance": 3,
        "compute_instance": 1,
        "pid": 4711,
        "kinds": "COMPUTE",
        "used_memory_bytes": HALF,
        "name": "python3",
        "uid": 1000,
        "container": CONTAINER,
        "mps": None,
        "mps_server": None,
        "mps_daemon": None,
    }
    assert processes["pid"][1:] == [71, 80, 81, 90] and processes["gpu_uuid"][1:] == [second.uuid] * 4
    assert processes["mps"][1:] == ["server", "client", "client", None]
    assert processes["mps_server"][1:] == [71, 71, 71, None] and processes["mps_daemon"][1:] == [70, 70, 70, None]
    assert processes["kinds"][2] == "COMPUTE|MPS_CLIENT" and processes["mig_uuid"][2] is None
    assert [dict(zip(tables["capacity"], row, strict=True)) for row in zip(*tables["capacity"].values(), strict=True)][3] == {
        "gpu_index": 0,
        "gpu_uuid": first.uuid,
        "profile": "4g.20gb",
        "profile_id": 5,
        "free": 0,
        "total": 1,
    }
    with pytest.raises(ValueError, match="no table \"process\"; there are 'gpus', 'mig_devices', 'processes' and 'capacity'"):
        snapshot.columns("process")  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]


def test_columns_may_be_some(recorded: Node) -> None:
    snapshot = recorded.nvml.snapshot()
    whole = snapshot.columns("mig_devices")
    names = ["memory_used_bytes", "uuid"]
    assert snapshot.columns("mig_devices", names) == {name: whole[name] for name in names}
    assert snapshot.columns("mig_devices", ()) == {}
    with pytest.raises(ValueError, match='no column "pid"; there are gpu_index, gpu_uuid, index, uuid,'):
        snapshot.columns("mig_devices", ["uuid", "pid"])


def test_columns_without_rows_have_their_names() -> None:
    with gpushare.simulate("1xT4") as machine, machine.nvml() as nvml:
        snapshot = nvml.snapshot()
        for table in ("mig_devices", "processes", "capacity"):
            assert set(map(len, snapshot.columns(table).values())) == {0}
        assert snapshot.columns("gpus")["mig_enabled"] == [None]


def test_an_observer_remembers_what_cannot_have_changed(recorded: Node) -> None:
    observer = recorded.nvml.observer()
    assert [gpu.uuid for gpu in observer.gpus] == [gpu.uuid for gpu in recorded.nvml.gpus()]
    assert repr(observer) == "<Observer of 2 GPUs>"
    first = observer.snapshot()
    again, calls = recorded.machine.trace(observer.snapshot)
    assert again == first
    asked = [call.symbol for call in calls]
    for static in ("Profile", "MigMode", "GetGpuInstance", "Placement", "GetName", "GetUUID", "GetMigDeviceHandleByIndex"):
        assert [symbol for symbol in asked if static in symbol] == []
    layouts, calls = recorded.machine.trace(observer.layouts)
    assert {call.symbol for call in calls} <= {"nvmlEventSetWait_v2", "nvmlDeviceGetUtilizationRates"}
    assert list(layouts) == [gpu.uuid for gpu in first.gpus]
    assert [str(layout) for layout in layouts.values()] == [str(gpu.layout()) for gpu in first.gpus]
    assert observer.mig_devices() == recorded.nvml.gpu(0).mig_devices()


CHANGER = """
import sys
import gpushare

gpu = gpushare.Nvml().gpu(0)
for line in sys.stdin:
    gpu.apply_layout(line.strip(), directory=sys.argv[1])
    print("done", flush=True)
"""


@pytest.mark.parametrize("faults", ["", "nvmlEventSetCreate#1+=NOT_SUPPORTED"], ids=["told", "not told"])
def test_what_another_process_changed_is_in_the_next_snapshot(faults: str, folder: Path) -> None:
    with gpushare.simulate("2xA100-SXM4-40GB", shared=True) as machine, machine.nvml() as nvml:
        machine.set_faults(faults)
        observer = nvml.observer()
        before = observer.snapshot()
        program = [sys.executable, "-c", CHANGER, str(folder)]
        with subprocess.Popen(program, env=machine.env(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
            assert child.stdin is not None and child.stdout is not None
            for layout in ("3g.20gb@4, 1g.5gb@0[]", "1g.5gb@0", "", "off", "7g.40gb@0[3c@0]", "2x1g.5gb"):
                child.stdin.write(f"{layout}\n")
                child.stdin.flush()
                assert child.stdout.readline() == "done\n"
                after = observer.snapshot()
                now = nvml.gpu(0).layout()
                assert after.gpus[0].layout() == now == observer.layouts()[after.gpus[0].uuid]
                assert before.changes_to(after) != []
                before = after
            child.stdin.close()


def test_threads_share_an_observer(recorded: Node) -> None:
    observer = recorded.nvml.observer()
    expected = observer.snapshot()
    with ThreadPoolExecutor(32) as pool:
        seen = list(pool.map(lambda _: (observer.snapshot(), observer.layouts(), len(observer.gpus)), range(96)))
    assert all(snapshot == expected and len(layouts) == gpus == 2 for snapshot, layouts, gpus in seen)


HANGING = """
import threading
import gpushare

machine = gpushare.simulate("1xA100-SXM4-40GB")
observer = machine.nvml().observer()
observer.snapshot()
machine.set_faults("nvmlDeviceGetMemoryInfo*#1=sleep:3600000")
threading.Thread(target=observer.snapshot, daemon=True).start()
while machine.faults()[0].calls == 0:
    pass
# Waits for its turn, and lets others run meanwhile.
threading.Thread(target=lambda: observer.gpus, daemon=True).start()
print("runs while another thread is in the driver", flush=True)
"""


def test_other_threads_run_while_a_snapshot_hangs() -> None:
    done = subprocess.run([sys.executable, "-c", HANGING], capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "runs while another thread is in the driver\n", "")


def test_a_closed_session_is_stale(node: Node) -> None:
    observer = node.nvml.observer()
    kept = observer.snapshot()
    node.nvml.close()
    for ask in (observer.snapshot, observer.layouts, observer.mig_devices, node.nvml.snapshot, node.nvml.observer):
        with pytest.raises(gpushare.StaleError):
            ask()
    assert len(kept.gpus) == 2, "it needs no driver"


def test_an_observer_does_not_travel(node: Node) -> None:
    with pytest.raises(TypeError, match="cannot pickle"):
        pickle.dumps(node.nvml.observer())


def test_in_a_test_of_a_program(gpushare_sim: gpushare.Machine, procfs: Path) -> None:
    appear(procfs, 4711, "trainer", uid=1000)
    gpushare_sim.add_process(0, 4711, name="unseen")
    with gpushare.Nvml(procfs=procfs) as nvml:
        [process] = nvml.snapshot().gpus[0].processes
        assert (process.name, process.uid) == ("trainer", 1000)
