"""MIG step by step: modes, profiles, instances, devices."""

from __future__ import annotations

from collections.abc import Callable

import gpushare
import pytest
from gpushare import ComputeInstancePlacement, GpuInstancePlacement, Holder, MigModeNeed


def test_the_mode_is_what_was_asked_for(gpu: gpushare.Gpu) -> None:
    assert gpu.mig_mode() == gpushare.MigMode(False, False)
    gpu.set_mig_mode(True)
    assert gpu.mig_mode() == gpushare.MigMode(True, True)
    assert not gpu.mig_mode().is_pending


def test_a_change_that_waits_is_an_error(machine: gpushare.Machine, gpu: gpushare.Gpu) -> None:
    machine.add_process(0, 4711)
    with pytest.raises(gpushare.ResetRequiredError) as caught:
        gpu.set_mig_mode(True)
    assert (caught.value.wanted, caught.value.needs) == (True, MigModeNeed.NO_CLIENTS)
    assert caught.value.nvml_return is gpushare.NvmlReturn.IN_USE
    assert gpu.mig_mode().is_pending


def test_profiles_say_what_they_are(mig: gpushare.Gpu) -> None:
    four = mig.gpu_instance_profile("MIG 4g.20gb")
    assert (four.id, four.slice_count, four.memory_mib, four.multiprocessor_count, four.max_instances) == (5, 4, 20096, 56, 1)
    assert four.engines == gpushare.Engines(copy=4, decoder=2)
    media = mig.gpu_instance_profile("1g.5gb+me")
    assert media.attributes is gpushare.ProfileAttributes.MEDIA_EXTENSIONS
    assert [str(at) for at in mig.possible_placements(four)] == ["0:4"]
    assert mig.remaining_capacity("1g.5gb") == 7


def test_the_recorded_session(mig: gpushare.Gpu) -> None:
    four, two, one = (mig.create_gpu_instance(name) for name in ("4g.20gb", "2g.10gb", "1g.5gb"))
    assert [(gi.id, str(gi.placement)) for gi in (four, two, one)] == [(2, "0:4"), (3, "4:2"), (9, "6:1")]
    assert mig.gpu_instances() == [four, two, one]
    assert mig.gpu_instance(3) == two and two.gpu == mig
    assert two.default_compute_instance_profile().name == "2g.10gb"
    assert [profile.name for profile in two.compute_instance_profiles()] == ["1c.2g.10gb", "2g.10gb"]
    assert two.remaining_compute_capacity("1c.2g.10gb") == 2
    four.create_default_compute_instance()
    half = two.compute_instance_profile("1c.2g.10gb")
    first, second = two.create_compute_instance(half), two.create_compute_instance("1c.2g.10gb")
    assert (first.id, second.id, second.gpu_instance) == (0, 1, two)
    assert two.compute_instances() == [first, second] and two.compute_instance(1) == second
    one.create_default_compute_instance()
    assert [device.name() for device in mig.mig_devices()] == ["4g.20gb", "1c.2g.10gb", "1c.2g.10gb", "1g.5gb"]
    device = second.mig_device()
    assert (device.gpu, device.gpu_instance(), device.compute_instance()) == (mig, two, second)
    assert (device.gpu_instance_id, device.compute_instance_id, device.index()) == (3, 1, 2)
    assert device.memory().total == 9984 << 20
    assert device.bar1_memory().total > 0
    assert device.attributes.multiprocessor_count == 14 and device.attributes.memory_mib == 9984
    assert device.processes() == []
    assert len({device, second.mig_device()}) == 1


def test_devices_are_found_and_named_in_every_form(nvml: gpushare.Nvml, mig: gpushare.Gpu) -> None:
    ci = mig.create_gpu_instance("2g.10gb").create_default_compute_instance()
    device = ci.mig_device()
    uuid, of_gpu, of_index = map(str, device.visible_device_forms())
    assert (uuid, of_gpu, of_index) == (device.uuid, f"MIG-{mig.uuid}/{device.gpu_instance_id}/0", f"0:{device.gpu_instance_id}/0")
    assert nvml.mig_device(uuid) == nvml.mig_device(of_gpu) == mig.mig_device(0) == device
    assert device.visible_device() == gpushare.VisibleDevice.Mig(uuid=uuid)
    with pytest.raises(gpushare.InvalidArgumentError, match="not a UUID"):
        str(gpushare.VisibleDevice.Gpu(uuid="0"))


def test_capabilities_name_the_nodes(mig: gpushare.Gpu) -> None:
    gi = mig.create_gpu_instance("4g.20gb")
    ci = gi.create_default_compute_instance()
    needed = ci.mig_device().capabilities()
    assert str(needed.gpu_instance.node) == "/dev/nvidia-caps/nvidia-cap21"
    assert str(needed.compute_instance.node) == "/dev/nvidia-caps/nvidia-cap22"
    assert (needed.gpu_instance, needed.compute_instance) == (gi.capability(), ci.capability())
    assert needed.gpu_instance.file.is_file()
    assert gpushare.capability_minor(mig.minor_number(), gi.id) == needed.gpu_instance.minor == 21
    assert gpushare.capability_minor(mig.minor_number(), gi.id, compute_instance=ci.id) == 22
    assert gpushare.capability_minor(0, 15) is None


def test_a_taken_placement_names_who_is_there(mig: gpushare.Gpu) -> None:
    mig.create_gpu_instance_at("4g.20gb", GpuInstancePlacement(0, 4))
    with pytest.raises(gpushare.InsufficientResourcesError, match="overlaps GPU instance 2 at 0:4") as caught:
        mig.create_gpu_instance_at("2g.10gb", GpuInstancePlacement(2, 2))
    assert (caught.value.placement, caught.value.taken_by, caught.value.taken) == ("2:2", 2, "0:4")
    with pytest.raises(gpushare.InvalidArgumentError) as impossible:
        mig.create_gpu_instance_at("2g.10gb", GpuInstancePlacement(1, 2))
    assert (impossible.value.placement, impossible.value.possible) == ("1:2", ["0:2", "2:2", "4:2"])
    with pytest.raises(TypeError):
        mig.create_gpu_instance_at("2g.10gb", ComputeInstancePlacement(1, 2))  # type: ignore[arg-type]


def test_compute_placements(mig: gpushare.Gpu) -> None:
    gi = mig.create_gpu_instance("4g.20gb")
    ci = gi.create_compute_instance_at("2c.4g.20gb", ComputeInstancePlacement(1, 2))
    assert ci.placement == ComputeInstancePlacement(1, 2)
    assert ComputeInstancePlacement(1, 2) in gi.possible_compute_placements("2c.4g.20gb")
    with pytest.raises(gpushare.InsufficientResourcesError, match="overlaps compute instance 0 at 1:2"):
        gi.create_compute_instance_at("2c.4g.20gb", ComputeInstancePlacement(2, 2))


def test_what_is_in_use_names_its_users(machine: gpushare.Machine, mig: gpushare.Gpu) -> None:
    gi = mig.create_gpu_instance("2g.10gb")
    ci = gi.create_default_compute_instance()
    machine.add_process(0, 4242, name="worker", instance=(gi.id, ci.id))
    with pytest.raises(gpushare.InUseError) as caught:
        ci.destroy()
    [holder] = caught.value.holders
    assert isinstance(holder, Holder.Process) and holder.process.pid == 4242
    with pytest.raises(gpushare.InUseError) as inside:
        gi.destroy()
    assert inside.value.holders == [Holder.ComputeInstance(id=0), holder] == gi.holders()
    assert mig.holders() == ci.mig_device().holders() == [holder]
    assert inside.value.target == gpushare.Target.GpuInstance(gpu=0, id=gi.id)


def test_instances_persist_unless_a_with_ends_them(mig: gpushare.Gpu) -> None:
    mig.create_gpu_instance("1g.5gb")
    with mig.create_gpu_instance("2g.10gb") as gi, gi.create_default_compute_instance() as ci:
        assert len(mig.gpu_instances()) == 2
        assert ci.mig_device() in mig.mig_devices()
    assert [gi.profile.name for gi in mig.gpu_instances()] == ["1g.5gb"]


def test_a_with_ends_also_when_its_block_fails(mig: gpushare.Gpu) -> None:
    with pytest.raises(KeyError), mig.create_gpu_instance("1g.5gb"):
        raise KeyError("the block's")
    assert mig.gpu_instances() == []


def test_a_with_that_cannot_destroy_says_so(mig: gpushare.Gpu) -> None:
    with pytest.raises(gpushare.InUseError) as caught, mig.create_gpu_instance("1g.5gb") as gi:
        gi.create_default_compute_instance()
        raise KeyError("the block's")
    assert isinstance(caught.value.__context__, KeyError)
    assert len(mig.gpu_instances()) == 1


def test_a_with_accepts_that_its_instance_is_gone_but_not_that_its_session_is(machine: gpushare.Machine, mig: gpushare.Gpu) -> None:
    with mig.create_gpu_instance("1g.5gb") as gi:
        gi.destroy()
    session = machine.nvml()
    with pytest.raises(gpushare.StaleError), session.gpu(0).create_gpu_instance("1g.5gb"):
        session.close()
    assert len(mig.gpu_instances()) == 1


USES: list[tuple[str, Callable[[gpushare.GpuInstance], object]]] = [
    ("destroy", lambda gi: gi.destroy()),
    ("profiles", lambda gi: gi.compute_instance_profiles()),
    ("instances", lambda gi: gi.compute_instances()),
    ("instance", lambda gi: gi.compute_instance(0)),
    ("create", lambda gi: gi.create_default_compute_instance()),
    ("room", lambda gi: gi.remaining_compute_capacity("1g.5gb")),
]


@pytest.mark.parametrize("use", [use for _, use in USES], ids=[name for name, _ in USES])
def test_a_handle_of_another_instance_than_is_there_is_stale(
    mig: gpushare.Gpu, use: Callable[[gpushare.GpuInstance], object]
) -> None:
    gi = mig.create_gpu_instance_at("1g.5gb", GpuInstancePlacement(0, 1))
    gi.destroy()
    mig.create_gpu_instance_at("3g.20gb", GpuInstancePlacement(0, 4))
    with pytest.raises(gpushare.StaleError) as caught:
        use(gi)
    assert caught.value.target == gpushare.Target.GpuInstance(gpu=0, id=gi.id)


def test_a_device_that_is_gone_is_stale(mig: gpushare.Gpu) -> None:
    gi = mig.create_gpu_instance("1g.5gb")
    ci = gi.create_default_compute_instance()
    device = ci.mig_device()
    ci.destroy()
    for use in (device.memory, device.name, device.processes, device.index, device.compute_instance, ci.mig_device):
        with pytest.raises(gpushare.StaleError):
            use()
    with pytest.raises(LookupError):
        device.capabilities()
