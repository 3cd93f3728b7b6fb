"""Plain data: equality, hash, repr, copies."""

from __future__ import annotations

import copy
import pickle
from pathlib import Path

import gpushare
import pytest

MADE = [
    gpushare.Bar1Memory(3, 2, 1),
    gpushare.Change.ComputeMode("GPU-1", None, gpushare.ComputeMode(7)),
    gpushare.Change.GpuVanished(gpu="GPU-1"),
    gpushare.Change.Memory("GPU-1", gpushare.Memory(4, 3, 1), None),
    gpushare.ComputeInstanceLayout(gpushare.ComputeInstanceSize.Slices(2), start=1),
    gpushare.ComputeInstancePlacement(0, 1),
    gpushare.ComputeInstanceSize.Profile(id=7),
    gpushare.ComputeInstanceSize.Whole(),
    gpushare.Engines(copy=1, jpeg=2),
    gpushare.GpuInstanceLayout("2g.10gb", start=4),
    gpushare.GpuInstancePlacement(start=4, size=2),
    gpushare.Holder.ComputeInstance(1),
    gpushare.Holder.MpsDaemon(5, None),
    gpushare.Holder.PersistenceDaemon(pid=5),
    gpushare.Infeasible.Engines(gpushare.Engine.DECODER, 6, 5, ["1g.5gb"]),
    gpushare.Infeasible.InUse([(1, "0:4")], ["process 7"]),
    gpushare.Infeasible.NoArrangement([("3g.20gb", [0, 4])]),
    gpushare.InfeasibleInside.ComputeSlices(3, 2),
    gpushare.Layout("4g.20gb, 2g.10gb[2x1c]"),
    gpushare.Memory(4, 3, 1),
    gpushare.Memory(total=4, free=3, used=1, reserved=0),
    gpushare.MigMode(True, False),
    gpushare.PciAddress("0000:10:1c.0"),
    gpushare.PlanStep.CreateComputeInstance(planned=0, inside=1),
    gpushare.ProfileName("MIG 1c.2g.10gb+me"),
    gpushare.Target.GpuInstance(gpu=0, id=3),
    gpushare.Target.Nvml(),
    gpushare.CudaRules(gpushare.DeviceOrder.PCI_BUS_ID, gpushare.MigEnumeration.ONE_PER_GPU_INSTANCE),
    gpushare.EntryFault.Duplicate(of=1),
    gpushare.EntryFault.Malformed(),
    gpushare.ListEnd.At(1, "7", gpushare.EntryFault.NoSuchGpu(gpus=2)),
    gpushare.ListEnd.Complete(),
    gpushare.NvidiaVisibleDevices("1,0:2"),
    gpushare.Utilization(gpu=40, memory=2),
    gpushare.VisibleDevice.GpuPrefix("GPU-9e4a"),
    gpushare.VisibleDevice.Index(1),
    gpushare.VisibleDevice.MigOfIndex(0, 2, 0),
    gpushare.VisibleDevice.NoDevice(),
    gpushare.VisibleDevices("GPU-9e4a,GPU-93"),
    gpushare.VisibleMigDevice("MIG-c42101f0-a1fa-5b68-8908-7c5c887f28bd", 2, 0),
    gpushare.VisibleNode([]),
]


@pytest.mark.parametrize("value", MADE, ids=repr)
def test_values_are_made_again_by_their_repr(value: object) -> None:
    again = eval(repr(value), vars(gpushare))
    assert again == value and hash(again) == hash(value) and repr(again) == repr(value)
    for other in (copy.copy(value), copy.deepcopy(value), pickle.loads(pickle.dumps(value))):
        assert other == value and type(other) is type(value)


def test_unlike_values_differ() -> None:
    assert len(set(MADE)) == len(MADE)
    assert all((one == other) == (one is other) for one in MADE for other in MADE)


def test_values_do_not_change() -> None:
    for value, field in ((gpushare.Memory(4, 3, 1), "total"), (gpushare.GpuInstancePlacement(0, 1), "start")):
        with pytest.raises(AttributeError):
            setattr(value, field, 5)


def test_what_the_driver_said_travels_between_processes(mig: gpushare.Gpu, folder: Path) -> None:
    mig.apply_layout("2g.10gb[1c,1c], 3g.20gb", directory=folder)
    device = mig.mig_devices()[0]
    for value in (
        mig.mig_state(),
        mig.mig_geometry(),
        mig.plan("7x1g.5gb"),
        mig.drift("7x1g.5gb"),
        mig.gpu_instance_profiles(),
        mig.layout(),
    ):
        again = pickle.loads(pickle.dumps(value))
        assert again == value and repr(again) == repr(value)
    for part in (device.attributes, device.capabilities(), device.capabilities().gpu_instance):
        assert isinstance(hash(part), int)
        assert repr(part).startswith(type(part).__name__)


def test_handles_do_not_travel(nvml: gpushare.Nvml, mig: gpushare.Gpu) -> None:
    for handle in (nvml, mig, mig.create_gpu_instance("1g.5gb")):
        with pytest.raises(TypeError, match="cannot pickle"):
            pickle.dumps(handle)


def test_placements_are_slices() -> None:
    placement = gpushare.GpuInstancePlacement.parse("4:2")
    assert list(placement.slices()) == [4, 5]
    assert placement.overlaps(gpushare.GpuInstancePlacement(5, 3)) and not placement.overlaps(gpushare.GpuInstancePlacement(0, 4))
    assert sorted([placement, gpushare.GpuInstancePlacement(0, 4)])[0].start == 0
    assert str(placement) == "4:2"
    with pytest.raises(gpushare.InvalidArgumentError, match="'4'|\"4\""):
        gpushare.GpuInstancePlacement.parse("4")
    assert placement != gpushare.ComputeInstancePlacement(4, 2)


def test_profile_names() -> None:
    name = gpushare.ProfileName("MIG 1c.2g.10gb")
    assert (name.compute_slices, name.gpu_slices, name.memory_gb, str(name)) == (1, 2, 10, "1c.2g.10gb")
    assert gpushare.ProfileName("1g.24gb+me.all").attributes is gpushare.ProfileAttributes.ALL_MEDIA_ENGINES
    with pytest.raises(gpushare.InvalidArgumentError) as caught:
        gpushare.ProfileName("big")
    assert caught.value.text == "big"


def test_strings_in_reprs_are_pythons() -> None:
    for text in ["it's", "back\\slash", "line\nbreak", "tab\t", "Ä€", "\x7f"]:
        value = gpushare.Target.MigDevice(text)
        assert eval(repr(value), vars(gpushare)) == value
