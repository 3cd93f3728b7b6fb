"""A scheduler's loop on one observer: at each turn one snapshot says what changed, who runs where and what is free.

Runs on a simulated node on which jobs come and go; on a real one, ``gpushare.Nvml()`` takes the place of ``machine.nvml()``, and starting a
job is starting a program with ``CUDA_VISIBLE_DEVICES`` set.
"""

from __future__ import annotations

import tempfile
from collections import deque
from dataclasses import dataclass

import gpushare
from gpushare import CUDA_VISIBLE_DEVICES, GpuSnapshot, Machine, MigDeviceSnapshot, Nvml, Snapshot


@dataclass(frozen=True)
class Job:
    name: str
    profile: str
    turns: int
    pid: int


JOBS = [
    Job("train-large", "4g.20gb", turns=5, pid=101),
    Job("train-small", "2g.10gb", turns=3, pid=102),
    Job("train-next", "2g.10gb", turns=2, pid=103),
    Job("serve", "1g.5gb", turns=3, pid=104),
]


def show(snapshot: Snapshot) -> None:
    for gpu in snapshot.gpus:
        for device in gpu.mig_devices:
            users = [f"{process.name} ({(process.used_memory or 0) >> 20} MiB)" for process in gpu.processes_on(device)]
            print(f"  GPU {gpu.index}  {device.name:8} {', '.join(users) or 'free'}")
        room = [capacity.profile for capacity in gpu.capacity if capacity.free]
        print(f"  GPU {gpu.index}  room for {', '.join(room) or 'nothing more'}")


def free_device(snapshot: Snapshot, profile: str) -> tuple[GpuSnapshot, MigDeviceSnapshot] | None:
    """A device of a profile that nobody uses."""
    for gpu in snapshot.gpus:
        for device in gpu.mig_devices:
            if device.name == profile and not gpu.processes_on(device):
                return gpu, device
    return None


def gpu_with_room(snapshot: Snapshot, profile: str) -> GpuSnapshot | None:
    for gpu in snapshot.gpus:
        if any(capacity.profile == profile and capacity.free for capacity in gpu.capacity):
            return gpu
    return None


def schedule(machine: Machine, nvml: Nvml) -> None:
    observer = nvml.observer()
    before = observer.snapshot()
    waiting = deque(JOBS)
    # By the turn at which they end.
    running: dict[int, list[tuple[int, Job]]] = {}
    turn = 0
    while waiting or running:
        turn += 1
        for index, job in running.pop(turn, []):
            machine.remove_process(index, job.pid)

        now = observer.snapshot()
        print(f"\nTurn {turn}")
        for change in before.changes_to(now):
            print(f"  {change}")
        show(now)
        before = now
        if not waiting:
            continue

        job = waiting.popleft()
        if found := free_device(now, job.profile):
            gpu, device = found
            print(f"  {CUDA_VISIBLE_DEVICES}={device.uuid} {job.name}")
            instance = (device.gpu_instance, device.compute_instance)
            machine.add_process(gpu.index, job.pid, name=job.name, used_memory=1 << 30, instance=instance)
            running.setdefault(turn + job.turns, []).append((gpu.index, job))
        elif room := gpu_with_room(now, job.profile):
            # The next snapshot has it.
            nvml.gpu(room.index).create_gpu_instance(job.profile).create_default_compute_instance()
            waiting.appendleft(job)
        else:
            print(f"  {job.name} waits for a {job.profile}")
            waiting.append(job)


def main() -> None:
    # Processes that only the simulation has are not looked up in /proc.
    with (
        gpushare.simulate("1xA100-SXM4-40GB") as machine,
        tempfile.TemporaryDirectory() as folder,
        machine.nvml(procfs=folder) as nvml,
    ):
        nvml.gpu(0).apply_layout("4g.20gb, 2g.10gb", directory=folder)
        schedule(machine, nvml)


if __name__ == "__main__":
    main()
