"""MPS without a daemon: values, refusals and exceptions."""

from __future__ import annotations

import math
import pickle
import re
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import gpushare
import pytest
from gpushare import Advisory, Architecture, ComputeMode, DaemonPresence, MpsDaemon, PipeDirectory, exceptions

SOURCES = Path(__file__).parents[2] / "gpushare/src/mps"

# Each error of MPS, and what a caller can do about it.
CLASSES: dict[str, list[type[BaseException]]] = {
    "AlreadyRunning": [exceptions.MpsAlreadyRunningError, exceptions.InUseError],
    "InvalidDirectory": [exceptions.MpsInvalidDirectoryError, exceptions.InvalidArgumentError, ValueError],
    "InvalidLimit": [exceptions.MpsInvalidLimitError, exceptions.InvalidArgumentError, ValueError],
    "NoPermission": [exceptions.MpsNoPermissionError, exceptions.NoPermissionError, PermissionError],
    "NotClient": [exceptions.MpsNotClientError, exceptions.NotFoundError, LookupError],
    "NotConfirmed": [exceptions.MpsNotConfirmedError, exceptions.DriverError, OSError],
    "NotRunning": [exceptions.MpsNotRunningError, exceptions.NotFoundError, LookupError],
    "OtherUser": [exceptions.MpsOtherUserError, exceptions.InUseError],
    "OtherVersion": [exceptions.MpsOtherVersionError, exceptions.NotSupportedError],
    "Program": [exceptions.MpsProgramError, exceptions.DriverError, OSError],
    "Refused": [exceptions.MpsRefusedError, exceptions.DriverError, OSError],
    "ServerNotFound": [exceptions.MpsServerNotFoundError, exceptions.NotFoundError, LookupError],
    "Uncertain": [exceptions.MpsUncertainError, exceptions.DriverError, OSError],
    "UnknownCommand": [exceptions.MpsUnknownCommandError, exceptions.NotSupportedError],
    "Wedged": [exceptions.MpsWedgedError, exceptions.DriverTimeoutError, TimeoutError],
}


@pytest.fixture
def short() -> Iterator[Path]:
    """A folder with room for 87 bytes."""
    with tempfile.TemporaryDirectory(prefix="mps-") as folder:
        yield Path(folder)


def test_every_error_has_a_class_of_its_own_and_of_its_kind() -> None:
    source = (SOURCES / "error.rs").read_text()
    found = re.search(r"pub enum MpsError \{(.*?)\n\}", source, re.S)
    assert found and sorted(CLASSES) == sorted(re.findall(r"^    (\w+) \{$", found.group(1), re.M))
    for cls, *bases in CLASSES.values():
        assert issubclass(cls, gpushare.MpsError) and all(issubclass(cls, base) for base in bases)
        assert cls.__name__ in exceptions.__all__ and getattr(gpushare, cls.__name__) is cls
    assert issubclass(gpushare.MpsProgramNotFoundError, (gpushare.NoDriverError, gpushare.MpsError))


@pytest.mark.parametrize("mode", ComputeMode)
def test_compute_mode(gpu: gpushare.Gpu, mode: ComputeMode) -> None:
    assert gpu.compute_mode() is ComputeMode.DEFAULT
    gpu.set_compute_mode(mode)
    assert gpu.compute_mode() is mode


def test_a_compute_mode_that_cannot_be(gpu: gpushare.Gpu) -> None:
    with pytest.raises(gpushare.InvalidArgumentError):
        gpu.set_compute_mode(77)
    gpu.set_mig_mode(True)
    with pytest.raises(gpushare.NotSupportedError):
        gpu.set_compute_mode(ComputeMode.PROHIBITED)


def test_what_a_share_gives() -> None:
    assert [gpushare.mps_multiprocessors(percent, 132) for percent in (1, 10, 12.5, 30, 100)] == [8, 12, 16, 38, 132]
    advisory = gpushare.mps_advisory(40, Architecture.HOPPER)
    assert advisory == Advisory.WrongHalfPrecisionProducts(percentage=40.0)
    assert "silently wrong" in str(advisory) and "40 %" in str(advisory)
    assert gpushare.mps_advisory(50, Architecture.HOPPER) is gpushare.mps_advisory(40, Architecture.BLACKWELL) is None
    with pytest.raises(gpushare.MpsInvalidLimitError, match="500"):
        str(Advisory.WrongHalfPrecisionProducts(500))


@pytest.mark.parametrize("percent", [0, -5, 100.1, 12.34, 1e300, math.nan, math.inf])
def test_percentages_that_are_none(gpu: gpushare.Gpu, short: Path, percent: float) -> None:
    calls: list[Callable[[], object]] = [
        lambda: gpushare.mps_multiprocessors(percent, 132),
        lambda: gpushare.mps_advisory(percent, Architecture.HOPPER),
        lambda: gpushare.mps_session(gpu, active_thread_percentage=percent, directory=short / "s"),
    ]
    for call in calls:
        with pytest.raises(ValueError, match="more than 0 and up to 100, with one decimal") as caught:
            call()
        assert isinstance(caught.value, gpushare.MpsInvalidLimitError)
        assert float(caught.value.value) == percent or math.isnan(percent)
        assert caught.value.what == "an active thread percentage"
    assert not (short / "s").exists()


@pytest.mark.parametrize("mib", [0, -1, (1 << 24) + 1])
def test_memory_limits_that_are_none(gpu: gpushare.Gpu, short: Path, mib: int) -> None:
    with pytest.raises(gpushare.MpsInvalidLimitError, match=f"^{mib} MiB is not .* 1 MiB to 16777216 MiB"):
        gpushare.mps_session(gpu, pinned_device_memory_limit_mib=mib, directory=short / "s")


@pytest.mark.parametrize("patience", [-1, math.nan, math.inf, 1e10])
def test_times_that_are_none(gpu: gpushare.Gpu, short: Path, patience: float) -> None:
    for call in (
        lambda: gpushare.mps_session(gpu, directory=short / "s", patience=patience),
        lambda: MpsDaemon.start(short / "m", patience=patience),
        lambda: MpsDaemon.attach(short, patience=patience),
    ):
        with pytest.raises(gpushare.InvalidArgumentError, match="^patience is .*allowed is 0 to 31536000 seconds"):
            call()
    assert list(short.iterdir()) == []


def test_a_share_that_errs_is_refused_where_that_is_asked_for(short: Path) -> None:
    with gpushare.simulate("1xH200") as machine, machine.nvml() as nvml:
        with pytest.raises(gpushare.MpsInvalidLimitError, match="^40 is not a safe"):
            gpushare.mps_session(nvml.gpu(0), active_thread_percentage=40, deny_advisories=True, directory=short / "s")
    assert not (short / "s").exists()


def test_arguments_of_other_types(gpu: gpushare.Gpu, short: Path) -> None:
    with pytest.raises(TypeError):
        gpushare.mps_session("GPU-1")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="'normal' is not a MpsClientPriority"):
        gpushare.mps_session(gpu, client_priority="normal", directory=short / "s")  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        MpsDaemon.start(short / "m", devices=["0"])  # type: ignore[list-item]


def test_no_devices_are_not_all_devices(short: Path) -> None:
    with pytest.raises(gpushare.InvalidArgumentError, match="devices is empty"):
        MpsDaemon.start(short / "m", devices=[])
    with pytest.raises(gpushare.InvalidArgumentError, match="nonsense"):
        MpsDaemon.start(short / "m", devices=[gpushare.VisibleDevice.Gpu("nonsense")])


def test_a_program_that_is_not_there(gpu: gpushare.Gpu, short: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    absent = short / "nvidia-cuda-mps-control"
    monkeypatch.setenv("PATH", "/absent")
    for program, name in ((absent, str(absent)), (None, "nvidia-cuda-mps-control")):
        for start in (
            lambda: gpushare.mps_session(gpu, directory=short / "s", program=program),
            lambda: MpsDaemon.start(short / "m", program=program),
        ):
            with pytest.raises(OSError) as caught:
                start()
            assert isinstance(caught.value, gpushare.MpsProgramNotFoundError) and isinstance(caught.value, gpushare.NoDriverError)
            assert caught.value.program == name and caught.value.reason in str(caught.value)
    assert gpu.compute_mode() is ComputeMode.DEFAULT


def test_a_program_that_does_not_start(short: Path) -> None:
    program = short / "nvidia-cuda-mps-control"
    (short / "nvidia-cuda-mps-server").touch()
    program.write_text("#!/bin/sh\necho it is broken\nexit 1\n")
    program.chmod(0o755)
    with pytest.raises(gpushare.MpsProgramError) as caught:
        MpsDaemon.start(short / "m", program=program)
    assert (caught.value.program, caught.value.reason) == (str(program), "it is broken")
    program.chmod(0o644)
    with pytest.raises(PermissionError) as forbidden:
        MpsDaemon.start(short / "m", program=program)
    assert isinstance(forbidden.value, gpushare.MpsNoPermissionError) and forbidden.value.program == str(program)


def test_pipe_directories(short: Path) -> None:
    pipes = PipeDirectory.create(short / "m")
    assert pipes.path == short / "m" and pipes.path.stat().st_mode & 0o777 == 0o700
    assert pipes == PipeDirectory(pipes) and hash(pipes) == hash(PipeDirectory(short / "m"))
    assert pipes.presence() == DaemonPresence.Absent() and not pipes.presence()
    assert DaemonPresence.Present(pid=None) and DaemonPresence.Present(7).pid == 7
    with pytest.raises(LookupError) as caught:
        MpsDaemon.attach(pipes)
    assert isinstance(caught.value, gpushare.MpsNotRunningError) and caught.value.directory == pipes.path


@pytest.mark.parametrize(("path", "reason"), [("", "empty"), ("mps", "absolute"), ("/tmp/a\nb", "control"), ("/tmp/" + "x" * 83, "87 bytes")])
def test_directories_that_cannot_be(path: str, reason: str) -> None:
    for use in (PipeDirectory, PipeDirectory.create, MpsDaemon.attach):
        with pytest.raises(ValueError, match=reason) as caught:
            use(path)
        assert isinstance(caught.value, gpushare.MpsInvalidDirectoryError)
        assert caught.value.path == Path(path) and reason in caught.value.reason


def test_what_is_data_travels(short: Path) -> None:
    version = Advisory.OtherVersion("535.309.01", "580.126.09")
    assert "is of 535.309.01, and the driver of 580.126.09" in str(version)
    for value in (Advisory.WrongHalfPrecisionProducts(40), version, DaemonPresence.Present(7), DaemonPresence.Absent()):
        assert pickle.loads(pickle.dumps(value)) == value == eval(repr(value), vars(gpushare))
    record = {"time": "2026-11-22 10:36:26.508", "role": "control", "pid": 499, "text": "Starting new server 553 for user 0"}
    made = gpushare.MpsLogRecord.from_json(str(record).replace("'", '"'))
    assert (made.time, made.role, made.pid, made.text) == (record["time"], gpushare.MpsLogRole.CONTROL, 499, record["text"])
    assert pickle.loads(pickle.dumps(made)) == made and "role=MpsLogRole.CONTROL" in repr(made)
    with pytest.raises(gpushare.MpsNotRunningError) as caught:
        MpsDaemon.attach(short)
    copy = pickle.loads(pickle.dumps(caught.value))
    assert (type(copy), str(copy), copy.__dict__) == (type(caught.value), str(caught.value), caught.value.__dict__)
