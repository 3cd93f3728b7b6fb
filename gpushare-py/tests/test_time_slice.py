"""Time-slicing by ``nvidia-smi``: the simulated one of the package, and NVIDIA's own where ``GPUSHARE_NVIDIA_TOOLS`` has it. The assertions
are the same."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import gpushare
import pytest
from gpushare import TimeSlice

SIMULATED = "gpushare-sim-nvidia-smi"
EXAMPLE = Path(__file__).parents[2] / "examples/python/time_slicing.py"


@pytest.fixture(params=[SIMULATED, "nvidia-smi-535", "nvidia-smi-550"])
def program(request: pytest.FixtureRequest) -> Path:
    name: str = request.param
    folder = gpushare.sim.programs() if name == SIMULATED else os.environ.get("GPUSHARE_NVIDIA_TOOLS")
    if not folder:
        pytest.skip("GPUSHARE_NVIDIA_TOOLS is not set")
    return Path(folder) / name


@pytest.fixture
def shared() -> Iterator[gpushare.Nvml]:
    """A machine that processes share: a T4 and a V100, an A100 after them."""
    with gpushare.simulate("1xT4+1xV100+1xA100-SXM4-40GB", shared=True) as machine, machine.nvml() as nvml:
        yield nvml


def test_each_policy_is_set_and_read_back(shared: gpushare.Nvml, program: Path) -> None:
    one, other = shared.gpu(0), shared.gpu(2)
    assert one.time_slice(program=program) is TimeSlice.DEFAULT
    for policy in [TimeSlice.SHORT, TimeSlice.MEDIUM, TimeSlice.LONG, TimeSlice.DEFAULT, TimeSlice.LONG]:
        one.set_time_slice(policy, program=str(program), patience=60)
        assert one.time_slice(program=program) is policy
        assert other.time_slice(program=program) is TimeSlice.DEFAULT


def test_a_gpu_before_turing_has_none(shared: gpushare.Nvml, program: Path) -> None:
    volta = shared.gpu(1)
    with pytest.raises(gpushare.NotSupportedError, match="with exit status 3: Failed to set timeslice policy with value Short") as caught:
        volta.set_time_slice(TimeSlice.SHORT, program=program)
    error = caught.value
    assert (error.nvidia_smi, error.exit_status, error.nvml_return) == (program, 3, gpushare.NvmlReturn.NOT_SUPPORTED)
    assert error.target == gpushare.Target.Gpu(index=1, uuid=volta.uuid)
    assert error.output and error.output.endswith("requested devices : Not Supported")


def test_in_mig_mode_the_policy_is_read_and_not_set(shared: gpushare.Nvml, program: Path) -> None:
    gpu = shared.gpu(2)
    gpu.set_mig_mode(True)
    with pytest.raises(gpushare.NotSupportedError, match="while MIG is enabled"):
        gpu.set_time_slice(TimeSlice.LONG, program=program)
    assert gpu.time_slice(program=program) is TimeSlice.DEFAULT


def test_who_is_not_root_may_not(program: Path) -> None:
    config = 'access = "monitor"\n[[gpu]]\nmodel = "H200"\n'
    with gpushare.simulate(config=config, shared=True) as machine, machine.nvml() as nvml:
        with pytest.raises(PermissionError) as caught:
            nvml.gpu(0).set_time_slice(TimeSlice.SHORT, program=program)
        assert isinstance(caught.value, gpushare.NoPermissionError) and caught.value.exit_status == 4


def test_the_variable_names_the_program(shared: gpushare.Nvml, program: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GPUSHARE_NVIDIA_SMI", str(program))
    shared.gpu(0).set_time_slice(TimeSlice.SHORT)
    assert shared.gpu(0).time_slice() is TimeSlice.SHORT


def test_the_program_on_the_path(shared: gpushare.Nvml, program: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GPUSHARE_NVIDIA_SMI", raising=False)
    monkeypatch.setenv("PATH", f"relative:{tmp_path}")
    with pytest.raises(gpushare.NoDriverError, match="nvidia-smi was not found; tried") as caught:
        shared.gpu(0).time_slice()
    assert [path for path, _ in caught.value.tried] == [tmp_path / "nvidia-smi"]
    (tmp_path / "nvidia-smi").symlink_to(program)
    assert shared.gpu(0).time_slice() is TimeSlice.DEFAULT


def test_programs_that_are_none(gpu: gpushare.Gpu, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="expected an absolute path"):
        gpu.time_slice(program="nvidia-smi")
    with pytest.raises(gpushare.NoDriverError) as missing:
        gpu.time_slice(program=tmp_path / "nvidia-smi")
    assert missing.value.nvidia_smi == tmp_path / "nvidia-smi"
    with pytest.raises(gpushare.DriverError, match="which is not a table") as silent:
        gpu.time_slice(program="/bin/true", env={"LC_ALL": "C"})
    assert silent.value.output == ""
    with pytest.raises(gpushare.InvalidArgumentError, match="patience is -1"):
        gpu.time_slice(patience=-1)


def test_policies_are_members_of_the_enum(gpu: gpushare.Gpu) -> None:
    for wrong in ("short", 1, None):
        with pytest.raises(TypeError, match="is not a TimeSlice"):
            gpu.set_time_slice(wrong)  # type: ignore[arg-type]


def test_the_example(program: Path, tmp_path: Path) -> None:
    command = [sys.executable, str(EXAMPLE), "--program", str(program), "--policy", "long", "--", "sh", "-c", "echo worked"]
    done = subprocess.run(command, env=gpushare.sim.env("1xH200", state=tmp_path), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert [line for line in lines if line == "worked"] == ["worked"] * 3
    assert "the policy is default" in lines[0] and "now long" in lines[1] and lines[-1].endswith("the policy is default again"), done.stdout
