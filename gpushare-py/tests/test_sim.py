"""Simulated machines from Python, and the pytest fixture."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import gpushare
import pytest
from gpushare.exceptions import SimulatorError
from gpushare.sim import Access, ProcessKind


def test_machines_are_apart() -> None:
    with gpushare.simulate("2xH100-SXM5-80GB+1xT4") as one, gpushare.simulate() as other:
        first, second = one.nvml(), other.nvml()
        assert [gpu.name for gpu in first.gpus()] == ["NVIDIA H100 80GB HBM3", "NVIDIA H100 80GB HBM3", "Tesla T4"]
        first.gpu(0).set_mig_mode(True)
        assert not second.gpu(0).mig_mode().current
        with pytest.raises(gpushare.NotSupportedError):
            first.gpu(2).mig_mode()


@pytest.mark.parametrize("spec", ["", "8x", "8xNothing", "0xT4", "33xT4"])
def test_what_is_no_machine(spec: str) -> None:
    with pytest.raises(ValueError):
        gpushare.simulate(spec)
    with pytest.raises(ValueError, match="not both"):
        gpushare.simulate("1xT4", config="")


def test_a_machine_from_toml() -> None:
    with gpushare.simulate(config='driver_version = "580.126.09"\n[[gpu]]\nmodel = "A30"\nmig = true\n') as machine:
        assert machine.nvml().gpu(0).mig_mode().current
    with pytest.raises(ValueError, match="unknown field"):
        gpushare.simulate(config="colour = 1")


def test_a_driver_that_the_package_does_not_carry() -> None:
    with pytest.raises(SimulatorError, match="branch 535"):
        gpushare.simulate(config='driver_version = "535.288.01"\n[[gpu]]\nmodel = "A30"\n')


def test_another_machine_in_its_place(machine: gpushare.Machine) -> None:
    machine.configure("1xT4")
    with machine.nvml() as nvml:
        assert nvml.gpu_count() == 1
        with pytest.raises(SimulatorError, match="before nvmlInit"):
            machine.configure()


def test_processes(machine: gpushare.Machine, gpu: gpushare.Gpu) -> None:
    machine.add_process(0, 1, kind=ProcessKind.GRAPHICS)
    machine.add_process(0, 2, used_memory=1 << 20)
    assert [process.pid for process in gpu.processes()] == [1, 2]
    with pytest.raises(SimulatorError):
        machine.reset(0)
    with pytest.raises(SimulatorError):
        machine.remove_process(0, 3)
    with pytest.raises(ValueError, match="'?idle"):
        machine.add_process(0, 3, kind="idle")  # type: ignore[arg-type]
    machine.remove_process(0, 1)
    machine.remove_process(0, 2)
    machine.reset(0)


def test_access_and_reboots(machine: gpushare.Machine, gpu: gpushare.Gpu) -> None:
    machine.set_access(Access.MONITOR)
    with pytest.raises(gpushare.NoPermissionError):
        gpu.set_mig_mode(True)
    machine.set_access(Access.ADMIN)
    gpu.set_mig_mode(True)
    gpu.create_gpu_instance("1g.5gb")
    machine.reboot()
    assert gpu.gpu_instances() == []
    machine.lose_gpu(0)
    with pytest.raises(gpushare.GpuLostError):
        gpu.memory()
    machine.reboot()
    assert gpu.memory().used == 0


def test_faults_count_calls(machine: gpushare.Machine, gpu: gpushare.Gpu) -> None:
    machine.set_faults("nvmlDeviceGetMigMode#2=IN_USE; nvmlDeviceGetMemoryInfo*#1+=count")
    gpu.mig_mode()
    gpu.memory()
    with pytest.raises(gpushare.InUseError):
        gpu.mig_mode()
    assert [(state.fault, state.calls) for state in machine.faults()] == [
        ("nvmlDeviceGetMigMode#2=IN_USE", 2),
        ("nvmlDeviceGetMemoryInfo*#1+=count", 1),
    ]
    machine.clear_faults()
    assert machine.faults() == []
    with pytest.raises(ValueError, match="lacks #"):
        machine.set_faults("nonsense")
    with pytest.raises(SimulatorError, match="nvmlNonsense"):
        machine.set_faults("nvmlNonsense#1=kill")


def test_traces(machine: gpushare.Machine, gpu: gpushare.Gpu) -> None:
    mode, [call] = machine.trace(gpu.mig_mode)
    assert mode == gpushare.MigMode(False, False)
    assert (call.symbol, call.arguments, call.result) == ("nvmlDeviceGetMigMode", ["gpu0", "out", "out"], gpushare.NvmlReturn.SUCCESS)
    assert call.cost == pytest.approx(161e-6, rel=0.01)
    with pytest.raises(ZeroDivisionError):
        machine.trace(lambda: 1 / 0)


def test_reading_costs_no_call_twice(machine: gpushare.Machine, mig: gpushare.Gpu) -> None:
    mig.gpu_instance_profiles()
    _, calls = machine.trace(lambda: (mig.uuid, mig.name, mig.index, mig.gpu_instance_profiles(), mig.gpu_instance_profile("1g.5gb")))
    assert calls == []


def test_the_state_as_data(machine: gpushare.Machine, mig: gpushare.Gpu) -> None:
    before = json.loads(machine.state_json())
    mig.create_gpu_instance("1g.5gb")
    assert json.loads(machine.state_json()) != before
    machine.inject_xid(0, 79)


LIST = "import gpushare; print([str(gpu.layout()) for gpu in gpushare.Nvml().gpus()])"


@pytest.mark.parametrize(("shared", "seen"), [(True, "['1g.5gb@0[]']\n"), (False, "['off']\n")])
def test_children_see_a_shared_machine_as_it_is(shared: bool, seen: str) -> None:
    with gpushare.simulate("1xA100-SXM4-40GB", shared=shared) as machine, machine.nvml() as nvml:
        nvml.gpu(0).set_mig_mode(True)
        nvml.gpu(0).create_gpu_instance_at("1g.5gb", gpushare.GpuInstancePlacement(0, 1))
        done = subprocess.run([sys.executable, "-c", LIST], env=machine.env(), capture_output=True, text=True)
        assert (done.stdout, done.stderr) == (seen, "")
        assert machine.env(EXTRA="1")["EXTRA"] == "1"


COUNT = {
    "gpushare": "import gpushare; print([gpu.name for gpu in gpushare.Nvml().gpus()])",
    "pynvml": """
import pynvml
pynvml.nvmlInit()
gpus = map(pynvml.nvmlDeviceGetHandleByIndex, range(pynvml.nvmlDeviceGetCount()))
print([pynvml.nvmlDeviceGetName(gpu) for gpu in gpus])
""",
}


@pytest.mark.parametrize("module", COUNT)
def test_an_environment_without_a_machine_here(module: str) -> None:
    pytest.importorskip(module)
    environment = gpushare.sim.env("1xA30+1xT4", EXTRA="1")
    done = subprocess.run([sys.executable, "-c", COUNT[module]], env=environment, capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("['NVIDIA A30', 'Tesla T4']\n", "")
    assert environment["EXTRA"] == "1" and environment["PATH"] == os.environ["PATH"]


ENABLE = "import gpushare; gpu = gpushare.Nvml().gpu(0); print(gpu.mig_mode().current); gpu.set_mig_mode(True)"


@pytest.mark.parametrize(("state", "seen"), [(None, ["False", "False"]), ("state", ["False", "True"])])
def test_children_share_a_state_that_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, state: str | None, seen: list[str]) -> None:
    # Of another machine.
    monkeypatch.setenv("GPUSHARE_SIM_STATE", str(tmp_path / "other"))
    monkeypatch.setenv("GPUSHARE_SIM_ROOT", str(tmp_path / "other"))
    monkeypatch.chdir(tmp_path)
    environment = gpushare.sim.env("1xA30", state=state, root="root")
    program = [sys.executable, "-c", ENABLE]
    said = [subprocess.check_output(program, env=environment, cwd="/", text=True).strip() for _ in range(2)]
    assert said == seen
    assert (tmp_path / "root/proc").is_dir() and not (tmp_path / "other").exists()


def test_no_environment_for_what_is_no_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueError, match="Nothing"):
        gpushare.sim.env("1xNothing")
    monkeypatch.setattr("gpushare.sim._LIBRARY", tmp_path / "absent.so")
    with pytest.raises(SimulatorError, match="absent.so"):
        gpushare.sim.env()


def test_files_go_with_the_machine() -> None:
    machine = gpushare.simulate()
    folder = machine.library_path.parent
    assert (folder / "libnvidia-ml.so").exists()
    machine.close()
    assert not folder.exists()
    assert repr(machine) == "<Machine, closed>"


EXIT = """
import gpushare
machine = gpushare.simulate("1xA100-SXM4-40GB")
nvml = machine.nvml()
gpu = nvml.gpu(0)
gpu.set_mig_mode(True)
gi = gpu.create_gpu_instance("1g.5gb")
cycle = [machine, nvml, gi]
cycle.append(cycle)
print(machine.library_path.parent)
"""


def test_an_interpreter_that_exits_with_live_handles_cleans_up() -> None:
    done = subprocess.run([sys.executable, "-W", "error", "-X", "dev", "-c", EXIT], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert not Path(done.stdout.strip()).exists()


def test_the_fixture(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import os, subprocess, sys
        import gpushare, pytest

        def test_default(gpushare_sim):
            with gpushare.Nvml() as nvml:
                assert nvml.library == gpushare_sim.library_path
                assert nvml.gpu_count() == 8

        @pytest.mark.gpushare_sim("2xH100-SXM5-80GB", shared=True)
        def test_marked(gpushare_sim):
            gpushare_sim.add_process(0, 7)
            with gpushare_sim.nvml() as nvml:
                assert nvml.gpu_count() == 2
                code = "import gpushare; print(gpushare.Nvml().gpu(0).processes()[0].pid)"
                assert subprocess.run([sys.executable, "-c", code], capture_output=True).stdout == b"7\\n"

        def test_no_trace_is_left():
            assert "GPUSHARE_NVML_LIBRARY" not in os.environ
        """
    )
    result = pytester.runpytest_subprocess("-W", "error", "--strict-markers", "-p", "no:cacheprovider")
    result.assert_outcomes(passed=3)
    result = pytester.runpytest_subprocess("--markers")
    result.stdout.fnmatch_lines(["@pytest.mark.gpushare_sim(*"])
