"""Uses of gpushare that type checkers accept. Not run."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any, assert_type

import gpushare
from gpushare import Change, Gpu, Holder, Infeasible, Layout, PlanStep


def instances(gpu: Gpu) -> None:
    profile = gpu.gpu_instance_profile("1g.5gb")
    assert_type(profile.memory_mib, int)
    assert_type(gpu.possible_placements(profile), list[gpushare.GpuInstancePlacement])
    with gpu.create_gpu_instance(profile) as gi, gi.create_default_compute_instance() as ci:
        assert_type(gi, gpushare.GpuInstance)
        assert_type(ci.mig_device().uuid, str)
    gi = gpu.create_gpu_instance_at("1g.5gb", gpushare.GpuInstancePlacement(start=0, size=1))
    assert_type(gi.placement.slices(), range)
    os.environ[gpushare.CUDA_VISIBLE_DEVICES] = ",".join(str(device.visible_device()) for device in gpu.mig_devices())


def layouts(gpu: Gpu, reset: Callable[[Gpu], None]) -> None:
    plan = gpu.plan(Layout("7x1g.5gb"), destroy_in_use=True)
    for step in plan.steps:
        match step:
            case PlanStep.SetMigMode(enabled=enabled):
                assert_type(enabled, bool)
            case PlanStep.CreateGpuInstance(planned):
                assert_type(plan.gpu_instances[planned].profile.name, str)
            case _:
                pass
    for how in (None, reset):
        gpu.apply(plan, directory=Path("/run/x"), journal=False, replan=True, reset=how)
    assert_type(gpu.apply_layout("off", reset="nvidia-smi").destroyed, list[str])
    assert_type(gpu.recover(), gpushare.Recovery)
    assert_type(gpu.drift("off").mode, gpushare.MigMode | None)


def snapshots(nvml: gpushare.Nvml) -> None:
    observer = nvml.observer()
    before = observer.snapshot()
    gpu = before.gpus[0]
    assert_type(gpu.utilization, gpushare.Utilization | None)
    assert_type(gpu.gpu_instances, list[gpushare.GpuInstanceSnapshot] | None)
    assert_type(gpu.unknown[0].kind, type[gpushare.GpuShareError])
    assert_type([process.container for process in gpu.processes_on(gpu.mig_devices[0])], list[str | None])
    assert_type(observer.layouts(), dict[str, Layout | None])
    assert_type(before.columns("mig_devices"), dict[str, list[Any]])
    assert_type(before.to_dict(), dict[str, Any])
    for change in before.changes_to(observer.snapshot()):
        match change:
            case Change.MigMode(after=after):
                assert_type(after, bool | None)
            case Change.Memory(after=memory):
                assert_type(memory, gpushare.Memory | None)
            case Change.ProcessStarted(process=process):
                assert_type(process.pid, int)
            case _:
                pass


def errors(gpu: Gpu) -> None:
    try:
        gpu.plan("2x7g.40gb")
    except gpushare.InfeasibleError as error:
        if isinstance(error.reason, Infeasible.TooMany):
            assert_type(error.reason.most, int)
    except gpushare.InUseError as error:
        for holder in error.holders:
            if isinstance(holder, Holder.Process):
                assert_type(holder.process.pid, int)
    except gpushare.GpuShareError as error:
        assert_type(error.nvml_return, gpushare.NvmlReturn | None)
        assert_type(error.restored, bool | None)


def simulated() -> None:
    with gpushare.simulate("1xT4", shared=True) as machine, machine.nvml() as nvml:
        memory, calls = machine.trace(nvml.gpu(0).memory)
        assert_type(memory, gpushare.Memory)
        assert_type(calls[0].cost, float | None)
        machine.add_process(0, 1, kind=gpushare.sim.ProcessKind.GRAPHICS, instance=(1, 0))
        machine.set_access(gpushare.sim.Access.MONITOR)
        subprocess.run(["nvidia-smi"], env=machine.env(GPUSHARE_SIM_FAULTS="mutation#1=kill"))
    with gpushare.Nvml(library="/lib/libnvidia-ml.so.1", root=Path("/"), flags=gpushare.InitFlags.NO_GPUS) as nvml:
        assert_type(nvml.gpus(), list[Gpu])
