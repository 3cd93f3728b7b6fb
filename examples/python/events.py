"""A watcher: says of each XID and each change of the MIG configuration which MIG devices it concerns.

Runs on a simulated GPU, to which things happen, and ends with them; with ``--driver`` it watches the real ones until Ctrl-C.
"""

from __future__ import annotations

import sys
import tempfile
import threading

import gpushare
from gpushare import EventKinds, EventSet, GpuEvent


def report(event: GpuEvent) -> None:
    """What a scheduler would do: an XID makes the devices unhealthy that it concerns, a change has it look at the GPU again."""
    try:
        devices = event.mig_devices()
    except gpushare.GpuLostError as error:
        print(f"{event}; {error}")
        return
    if event.kind is EventKinds.MIG_CONFIG_CHANGE:
        print(f"{event}: there are now {len(devices)} MIG devices")
    else:
        print(f"{event}: {', '.join(device.uuid for device in devices) or 'the whole GPU'}")


def watch(events: EventSet) -> None:
    for event in events:
        report(event)


def simulated() -> None:
    with gpushare.simulate("1xA100-SXM4-40GB") as machine, machine.nvml() as nvml, tempfile.TemporaryDirectory() as folder:
        gpu = nvml.gpu(0)
        device = gpu.apply_layout("2g.10gb[2x1c]", directory=folder).made[0]
        with nvml.watch() as events:
            watcher = threading.Thread(target=watch, args=[events])
            watcher.start()
            # A device fails, then its GPU instance with all its devices, and somebody makes another.
            machine.inject_xid(0, 13, gpu_instance=device.gpu_instance_id, compute_instance=device.compute_instance_id)
            machine.inject_xid(0, 31, gpu_instance=device.gpu_instance_id)
            gpu.create_gpu_instance("3g.20gb")
            events.stop()
            watcher.join()
            # A stop ends the waiting at once. What was not waited for is there still.
            while event := events.poll():
                report(event)


def main() -> None:
    if sys.argv[1:] == ["--driver"]:
        with gpushare.Nvml() as nvml, nvml.watch() as events:
            for gpu, kinds in events.registered:
                print(f"GPU {gpu.index} ({gpu.name}) is watched for {kinds!r}")
            watch(events)
    else:
        simulated()


if __name__ == "__main__":
    main()
