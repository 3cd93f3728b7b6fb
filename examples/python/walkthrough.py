"""MIG from end to end on a simulated machine of eight A100: enable it, split a GPU, hand out the parts, see what a wrong step says, and
clean up. Beside each step stands the command that does it by hand."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Sequence

import gpushare
from gpushare import CUDA_VISIBLE_DEVICES, Gpu, GpuInstance, GpuInstancePlacement, Nvml


def heading(text: str, by_hand: str = "") -> None:
    print(f"\n{text}" + (f"   [{by_hand}]" if by_hand else ""))


def table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    cells = [list(columns), *([str(cell) for cell in row] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for row in cells:
        print("  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def refused(step: Callable[[], object]) -> None:
    try:
        step()
    except gpushare.GpuShareError as error:
        print(f"  {type(error).__name__}: {error}")
    else:
        raise AssertionError("it should have been refused")


def introduce(nvml: Nvml) -> None:
    heading("The machine, simulated", "nvidia-smi -L")
    print(f"  driver {nvml.driver_version()}, CUDA {'.'.join(map(str, nvml.cuda_driver_version()))}")
    rows = ([gpu.index, gpu.name, gpu.uuid, gpu.pci_address(), gpu.memory().total >> 20] for gpu in nvml.gpus())
    table(["GPU", "Name", "UUID", "PCI", "MiB"], rows)


def profiles(gpu: Gpu) -> None:
    heading("GPU-instance profiles", "nvidia-smi mig -i 0 -lgip")
    rows = (
        [
            profile.name,
            profile.id,
            f"{gpu.remaining_capacity(profile)}/{profile.max_instances}",
            f"{profile.memory_mib} MiB",
            profile.multiprocessor_count,
            ",".join(str(at.start) for at in gpu.possible_placements(profile)),
        ]
        for profile in gpu.gpu_instance_profiles()
    )
    table(["Profile", "ID", "Free/Total", "Memory", "SM", "Starts"], rows)


def split(gpu: Gpu) -> None:
    instances: list[GpuInstance] = []
    for name in ("4g.20gb", "2g.10gb", "1g.5gb"):
        heading(f"Create a {name}", f"nvidia-smi mig -i 0 -cgi {name}")
        instance = gpu.create_gpu_instance(name)
        print(f"  GPU instance {instance.id} at {instance.placement}")
        instances.append(instance)
    four, two, one = instances
    heading("Create compute instances", "nvidia-smi mig -i 0 -gi 2 -cci")
    half = two.compute_instance_profile("1c.2g.10gb")
    for made in (
        four.create_default_compute_instance(),
        two.create_compute_instance(half),
        two.create_compute_instance(half),
        one.create_default_compute_instance(),
    ):
        print(f"  {made.profile.name} as compute instance {made.id} of GPU instance {made.gpu_instance.id}")



def devices(gpu: Gpu) -> None:
    heading("MIG devices", "nvidia-smi -L")
    rows = (
        [
            device.index(),
            device.name(),
            device.uuid,
            f"{device.gpu_instance_id}/{device.compute_instance_id}",
            f"{device.memory().total >> 20} MiB",
            device.capabilities().compute_instance.node,
        ]
        for device in gpu.mig_devices()
    )
    table(["Dev", "Name", "UUID", "GI/CI", "Memory", "Node of the compute instance"], rows)
    heading("What a program is given", f"{CUDA_VISIBLE_DEVICES}=… program")
    for device in gpu.mig_devices():
        print(f"  {device.name():11} {'  '.join(map(str, device.visible_device_forms()))}")


def another_layout(gpu: Gpu, folder: str) -> None:
    heading("Another layout: the plan")
    plan = gpu.plan("4g.20gb[2c,1c,1c], 3g.20gb")
    print("  " + str(plan).replace("\n", "\n  "))
    applied = gpu.apply(plan, directory=folder)
    print(f"  MIG devices made: {len(applied.made)}, kept: {len(applied.kept)}, destroyed: {len(applied.destroyed)}")
    heading("A layout that cannot be")
    refused(lambda: gpu.plan("4g.20gb, 2g.10gb, 2x1g.5gb"))
    heading("And back")
    gpu.apply_layout("4g.20gb@0, 2g.10gb@4[1c,1c], 1g.5gb@6", directory=folder)
    print(f"  {gpu.layout()}")


def wrong_steps(gpu: Gpu) -> None:
    heading("Wrong: a placement that is taken", "nvidia-smi mig -i 0 -cgi 14:2")
    refused(lambda: gpu.create_gpu_instance_at("2g.10gb", GpuInstancePlacement(start=2, size=2)))
    heading("Wrong: a profile that this GPU does not have", "nvidia-smi mig -i 0 -cgi 1g.10gb+me")
    refused(lambda: gpu.create_gpu_instance("1g.10gb+me"))
    busy = gpu.gpu_instances()[0]
    heading("Wrong: destroy a GPU instance that is in use", f"nvidia-smi mig -i 0 -gi {busy.id} -dgi")
    refused(busy.destroy)
    heading("Wrong: use a handle of something that is gone")
    last = gpu.mig_devices()[-1]
    last.compute_instance().destroy()
    refused(last.memory)


def main() -> None:
    with gpushare.simulate() as machine, machine.nvml() as nvml, tempfile.TemporaryDirectory() as folder:
        introduce(nvml)
        gpu = nvml.gpu(0)
        heading("Enable MIG on GPU 0", "nvidia-smi -i 0 -mig 1")
        gpu.set_mig_mode(True)
        print(f"  {gpu.mig_mode()}")
        profiles(gpu)
        split(gpu)
        devices(gpu)
        another_layout(gpu, folder)
        wrong_steps(gpu)
        heading("Clean up", "nvidia-smi mig -i 0 -dci; nvidia-smi mig -i 0 -dgi; nvidia-smi -i 0 -mig 0")
        for instance in gpu.gpu_instances():
            for inside in instance.compute_instances():
                inside.destroy()
            instance.destroy()
        gpu.set_mig_mode(False)
        print(f"  GPU instances: {len(gpu.gpu_instances())}, {gpu.mig_mode()}")


if __name__ == "__main__":
    main()
