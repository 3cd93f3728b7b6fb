"""Layouts, plans, applying them, and what is repaired."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import gpushare
import pytest
from gpushare import ComputeInstanceLayout, ComputeInstanceSize, GpuInstanceLayout, Infeasible, Layout, PlanStep, Recovery

GUIDE = "4g.20gb, 2g.10gb[1c,1c], 1g.5gb"


def test_layouts_are_text_and_data() -> None:
    layout = Layout("2g.10gb[1c,1c], 3g.20gb@4[#7]")
    assert layout == Layout(
        [
            GpuInstanceLayout("2g.10gb", compute_instances=[ComputeInstanceLayout(ComputeInstanceSize.Slices(1))] * 2),
            GpuInstanceLayout(gpushare.ProfileName("3g.20gb"), 4, [ComputeInstanceLayout(ComputeInstanceSize.Profile(id=7))]),
        ]
    )
    assert str(layout) == "2g.10gb[2x1c], 3g.20gb@4[#7]"
    assert Layout.from_json(layout.to_json()) == layout
    assert Layout("off") == Layout.disabled() and not Layout("off").mig_enabled
    with pytest.raises(gpushare.InvalidArgumentError, match="1g.5gb@x") as caught:
        Layout("2g.10gb, 1g.5gb@x")
    assert caught.value.text == "2g.10gb, 1g.5gb@x"
    with pytest.raises(ValueError, match="expected a sequence"):
        Layout.from_json('{"gpu_instances": 5}')


def test_a_plan_says_what_it_does(gpu: gpushare.Gpu) -> None:
    plan = gpu.plan(GUIDE)
    assert (plan.mutations, plan.is_empty, plan.destroy_in_use) == (8, False, False)
    assert plan.steps[0] == PlanStep.SetMigMode(enabled=True)
    assert plan.steps[1] == PlanStep.CreateGpuInstance(planned=0)
    assert [(str(gi.placement), gi.profile.name, gi.existing) for gi in plan.gpu_instances] == [
        ("0:4", "4g.20gb", None),
        ("4:2", "2g.10gb", None),
        ("6:1", "1g.5gb", None),
    ]
    assert "create   GPU instance 2g.10gb at 4:2" in str(plan)
    assert gpushare.Plan.from_json(plan.to_json()) == plan
    assert not gpu.mig_mode().current, "a plan changes nothing"


def test_a_plan_needs_no_driver(gpu: gpushare.Gpu) -> None:
    geometry, state = gpu.mig_geometry(), gpu.mig_state()
    assert geometry.memory_slices == 8
    assert gpushare.Plan(geometry, state, GUIDE) == gpu.plan(GUIDE)
    with pytest.raises(gpushare.InfeasibleError) as caught:
        gpushare.Plan(geometry, state, "8x1g.5gb")
    assert caught.value.reason == Infeasible.TooMany(profile="1g.5gb", wanted=8, most=7)


@pytest.mark.parametrize(
    ("layout", "reason"),
    [
        ("2x4g.20gb", Infeasible.TooMany("4g.20gb", 2, 1)),
        ("1g.10gb@1", Infeasible.ImpossibleStart("1g.10gb", 1, [0, 2, 4, 6])),
        ("1g.18gb", None),
        ("2g.10gb[3x1c]", None),
    ],
)
def test_what_cannot_be_is_refused_with_the_proof(mig: gpushare.Gpu, layout: str, reason: Infeasible | None) -> None:
    mig.create_gpu_instance("2g.10gb").create_default_compute_instance()
    mig.mig_state()
    with pytest.raises(gpushare.InfeasibleError) as caught:
        mig.plan(layout)
    if reason is not None:
        assert caught.value.reason == reason
    match caught.value.reason:
        case Infeasible.ComputeInstances(profile, why):
            assert (profile, why) == ("2g.10gb", gpushare.InfeasibleInside.NoArrangement(sizes=["1c"] * 3))
        case Infeasible.UnknownProfile(profile=profile, available=available):
            assert profile == "1g.18gb" and "1g.5gb" in available
        case other:
            assert other == reason


def test_a_layout_is_applied_and_kept(gpu: gpushare.Gpu, folder: Path) -> None:
    applied = gpu.apply(gpu.plan(GUIDE), directory=folder)
    assert [device.name() for device in applied.made] == ["4g.20gb", "1c.2g.10gb", "1c.2g.10gb", "1g.5gb"]
    assert (applied.kept, applied.destroyed) == ([], [])
    assert gpu.plan(GUIDE).is_empty
    assert str(gpu.layout()) == "4g.20gb@0[*@0], 2g.10gb@4[#0@0,#0@1], 1g.5gb@6[*@0]"
    again = gpu.apply_layout("4g.20gb, 1g.5gb@6, 2x1g.5gb", directory=str(folder))
    assert (len(again.made), len(again.kept), len(again.destroyed)) == (2, 2, 2)
    assert set(again.destroyed) == {device.uuid for device in applied.made[1:3]}


def test_a_plan_that_is_outdated_is_refused_or_made_anew(mig: gpushare.Gpu, folder: Path) -> None:
    plan = mig.plan("1g.5gb")
    mig.create_gpu_instance("7g.40gb")
    with pytest.raises(gpushare.StaleError) as caught:
        mig.apply(plan, directory=folder)
    assert caught.value.now == "7g.40gb@0[]"
    assert [device.name() for device in mig.apply(plan, directory=folder, replan=True).made] == ["1g.5gb"]


def test_what_is_in_use_stays(machine: gpushare.Machine, mig: gpushare.Gpu, folder: Path) -> None:
    [device] = mig.apply_layout("1g.5gb@3", directory=folder).made
    machine.add_process(0, 7, instance=(device.gpu_instance_id, device.compute_instance_id))
    with pytest.raises(gpushare.InfeasibleError) as caught:
        mig.plan("7g.40gb")
    assert caught.value.reason == Infeasible.InUse([(device.gpu_instance_id, "3:1")], ["process 7 (python3)"])
    plan = mig.plan("7g.40gb", destroy_in_use=True)
    assert plan.destroy_in_use
    with pytest.raises(gpushare.InUseError) as refused:
        mig.apply(plan, directory=folder)
    assert refused.value.restored is True


def test_a_failing_step_is_undone(machine: gpushare.Machine, mig: gpushare.Gpu, folder: Path) -> None:
    before = mig.apply_layout("3g.20gb", directory=folder) and mig.mig_state()
    plan = mig.plan("7x1g.5gb")
    machine.set_faults("nvmlDeviceCreateGpuInstanceWithPlacement#3=GPU_IS_LOST")
    with pytest.raises(gpushare.GpuLostError, match="the layout that it had is there again") as caught:
        mig.apply(plan, directory=folder)
    assert (caught.value.restored, caught.value.restore_error) == (True, None)
    cause = caught.value.__cause__
    assert isinstance(cause, gpushare.GpuLostError)
    assert (cause.call, cause.restored) == ("nvmlDeviceCreateGpuInstanceWithPlacement", None)
    assert mig.mig_state() == before
    assert list(folder.glob("*.journal")) == []


def test_a_layout_that_is_not_restored_says_why(machine: gpushare.Machine, mig: gpushare.Gpu, folder: Path) -> None:
    mig.apply_layout("3g.20gb@0", directory=folder)
    machine.set_faults("nvmlDeviceCreateGpuInstanceWithPlacement#2+=UNKNOWN")
    with pytest.raises(gpushare.DriverError) as caught:
        mig.apply_layout("7x1g.5gb", directory=folder)
    assert caught.value.restored is False
    assert isinstance(caught.value.restore_error, gpushare.DriverError)
    machine.clear_faults()
    assert mig.recover(directory=folder) is Recovery.ROLLED_BACK
    assert str(mig.layout()) == "3g.20gb@0[*@0]"


CRASH = """
import sys, gpushare
gpushare.Nvml().gpu(0).apply_layout("7x1g.5gb", directory=sys.argv[1])
"""


def test_a_crash_is_repaired(folder: Path) -> None:
    with gpushare.simulate(shared=True) as machine, machine.nvml() as nvml:
        gpu = nvml.gpu(0)
        gpu.apply_layout("3g.20gb, 2g.10gb", directory=folder)
        before = gpu.layout()
        environment = machine.env(GPUSHARE_SIM_FAULTS="mutation#5=kill")
        done = subprocess.run([sys.executable, "-c", CRASH, str(folder)], env=environment)
        assert done.returncode == -9
        assert gpu.layout() != before
        assert gpu.recover(directory=folder) is Recovery.ROLLED_BACK
        assert gpu.layout() == before
        assert gpu.recover(directory=folder) is Recovery.NOTHING


PASSED_THROUGH = 'driver_version = "580.126.09"\n[[gpu]]\nmodel = "A100-SXM4-40GB"\npassthrough = true\n'


def test_a_reset_is_never_done_unasked(folder: Path) -> None:
    with gpushare.simulate(config=PASSED_THROUGH) as machine, machine.nvml() as nvml:
        gpu = nvml.gpu(0)
        with pytest.raises(gpushare.ResetRequiredError):
            gpu.apply_layout("1g.5gb", directory=folder)
        asked: list[gpushare.Gpu] = []

        def reset(which: gpushare.Gpu) -> None:
            asked.append(which)
            machine.reset(which.index)

        assert len(gpu.apply_layout("1g.5gb", directory=folder, reset=reset).made) == 1
        assert asked == [gpu]


def test_what_a_reset_raises_is_the_cause(folder: Path) -> None:
    with gpushare.simulate(config=PASSED_THROUGH) as machine, machine.nvml() as nvml:
        gpu = nvml.gpu(0)

        def fails(which: gpushare.Gpu) -> None:
            raise KeyError("no rack controller")

        with pytest.raises(gpushare.DriverError, match="no rack controller") as caught:
            gpu.apply_layout("1g.5gb", directory=folder, reset=fails)
        step = caught.value.__cause__
        assert isinstance(step, gpushare.DriverError) and isinstance(step.__cause__, KeyError)
        assert not gpu.mig_mode().current

        def interrupted(which: gpushare.Gpu) -> None:
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            gpu.apply_layout("1g.5gb", directory=folder, reset=interrupted)
        assert not gpu.mig_mode().current
        with pytest.raises(TypeError, match="'sometimes'"):
            gpu.apply_layout("1g.5gb", directory=folder, reset="sometimes")  # type: ignore[arg-type]


def test_drift_and_orphans(mig: gpushare.Gpu, folder: Path) -> None:
    mig.create_gpu_instance("2g.10gb")
    drift = mig.drift("3g.20gb")
    assert (len(drift.missing), len(drift.unwanted), drift.changed, drift.mode) == (1, 1, [], None)
    assert drift.orphans == drift.unwanted and drift.orphans[0].is_orphan
    assert "not wanted: GPU instance" in str(drift)
    state = mig.mig_state()
    mig.apply(mig.plan(state.without_orphans()), directory=folder)
    assert mig.gpu_instances() == []
    mig.apply(mig.drift("3g.20gb").plan, directory=folder)
    assert mig.drift("3g.20gb").is_empty and str(mig.drift("3g.20gb")) == "none"


def test_states_are_data(machine: gpushare.Machine, mig: gpushare.Gpu, folder: Path) -> None:
    [device] = mig.apply_layout("2g.10gb[*]", directory=folder).made
    before = mig.mig_state()
    machine.add_process(0, 7, instance=(device.gpu_instance_id, 0))
    after = mig.mig_state()
    assert before != after and before.same_division(after)
    assert after.gpu_instances[0].in_use and not before.gpu_instances[0].in_use
    inside = after.gpu_instances[0].compute_instances[0]
    assert inside.uuid == device.uuid and [process.pid for process in inside.processes] == [7]
    assert gpushare.MigState.from_json(after.to_json()) == after
    assert after.layout() == mig.layout()


def test_mig_parted_files(gpu: gpushare.Gpu, folder: Path) -> None:
    text = """\
version: v1
mig-configs:
  mixed:
  - device-filter: '0x20B010DE'
    devices: [0, 1]
    mig-enabled: true
    mig-devices:
      1g.5gb: 2
      1c.3g.20gb: 3
  - devices: all
    mig-enabled: false
"""
    config = gpushare.MigPartedConfig(text)
    first, rest = config.configs["mixed"]
    assert (first.device_filter, first.devices, first.mig_devices) == ([0x20B010DE], [0, 1], {"1g.5gb": 2, "1c.3g.20gb": 3})
    assert (rest.device_filter, rest.devices, rest.mig_enabled) == (None, None, False)
    assert first.is_for(1, 0x20B010DE) and not first.is_for(2, 0x20B010DE)
    layout = config.layout("mixed", gpu)
    assert layout is not None and layout == first.layout() and str(layout) == "2x1g.5gb, 3g.20gb[3x1c]"
    assert gpushare.MigPartedConfig(str(config)) == config
    with pytest.raises(gpushare.NotFoundError) as unknown:
        config.layout("other", gpu)
    assert (unknown.value.name, unknown.value.available) == ("other", ["mixed"])
    with pytest.raises(gpushare.InvalidArgumentError) as wrong:
        gpushare.MigPartedConfig(text.replace("devices: all", "devices: some"))
    assert wrong.value.line is not None and wrong.value.line >= 10
