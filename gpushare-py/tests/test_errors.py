"""Exceptions: a class per kind, with what the error holds."""

from __future__ import annotations

import pickle
import re
from pathlib import Path

import gpushare
import pytest
from gpushare import NvmlReturn, exceptions

SOURCES = Path(__file__).parents[2] / "gpushare/src"

BASES = {
    "NoDriver": (exceptions.NoDriverError, OSError),
    "Uninitialized": (exceptions.UninitializedError, RuntimeError),
    "NotSupported": (exceptions.NotSupportedError, Exception),
    "NoPermission": (exceptions.NoPermissionError, PermissionError),
    "InvalidArgument": (exceptions.InvalidArgumentError, ValueError),
    "NotFound": (exceptions.NotFoundError, LookupError),
    "Stale": (exceptions.StaleError, Exception),
    "InUse": (exceptions.InUseError, Exception),
    "InsufficientResources": (exceptions.InsufficientResourcesError, Exception),
    "Infeasible": (exceptions.InfeasibleError, ValueError),
    "ResetRequired": (exceptions.ResetRequiredError, Exception),
    "GpuLost": (exceptions.GpuLostError, OSError),
    "Timeout": (exceptions.DriverTimeoutError, TimeoutError),
    "Driver": (exceptions.DriverError, OSError),
}

# What NVML answers, and the class that it becomes.
CODES = {
    "UNINITIALIZED": "Uninitialized",
    "DRIVER_NOT_LOADED": "NoDriver",
    "NOT_SUPPORTED": "NotSupported",
    "DEPRECATED": "NotSupported",
    "NO_PERMISSION": "NoPermission",
    "INVALID_ARGUMENT": "InvalidArgument",
    "NOT_FOUND": "NotFound",
    "IN_USE": "InUse",
    "INSUFFICIENT_RESOURCES": "InsufficientResources",
    "RESET_REQUIRED": "ResetRequired",
    "GPU_IS_LOST": "GpuLost",
    "TIMEOUT": "Timeout",
    "UNKNOWN": "Driver",
    "CORRUPTED_INFOROM": "Driver",
    "777": "Driver",
}


def kinds() -> list[str]:
    source = (SOURCES / "error.rs").read_text()
    found = re.search(r"pub enum ErrorKind \{(.*?)\n\}", source, re.S)
    assert found
    return re.findall(r"^    (\w+),$", found.group(1), re.M)


def test_every_kind_has_a_class() -> None:
    assert sorted(BASES) == sorted(kinds())
    for cls, base in BASES.values():
        assert issubclass(cls, gpushare.GpuShareError) and issubclass(cls, base)
        assert cls.__name__ in exceptions.__all__ and getattr(gpushare, cls.__name__) is cls


@pytest.mark.parametrize("code", CODES)
def test_what_nvml_answers_becomes_the_class(machine: gpushare.Machine, gpu: gpushare.Gpu, code: str) -> None:
    cls, base = BASES[CODES[code]]
    machine.set_faults(f"nvmlDeviceGetMigMode#1={code}")
    with pytest.raises(base) as caught:
        gpu.mig_mode()
    error = caught.value
    assert type(error) is cls
    assert error.call == "nvmlDeviceGetMigMode"
    assert error.target == gpushare.Target.Gpu(index=0, uuid=gpu.uuid)
    assert error.nvml_return is not None
    assert error.nvml_return == (NvmlReturn(777) if code == "777" else NvmlReturn[code])
    assert str(error).startswith(f"nvmlDeviceGetMigMode on GPU 0 ({gpu.uuid}): {error.nvml_return.description}")


def test_kinds_that_no_code_makes(gpu: gpushare.Gpu, tmp_path: Path) -> None:
    with pytest.raises(exceptions.InfeasibleError):
        gpu.plan("2x7g.40gb")
    with pytest.raises(OSError) as absent:
        gpushare.Nvml(library=tmp_path / "absent.so")
    assert isinstance(absent.value, exceptions.NoDriverError)
    [(path, reason)] = absent.value.tried
    assert path == tmp_path / "absent.so" and "cannot open shared object file" in reason
    assert set(kinds()) == {*CODES.values(), "Stale", "Infeasible"}, "test_mig has the stale handles"


def test_a_file_that_cannot_be_used(gpu: gpushare.Gpu, tmp_path: Path) -> None:
    tmp_path.chmod(0o777)
    with pytest.raises(PermissionError, match="let others write") as caught:
        gpu.apply_layout("1g.5gb", directory=tmp_path)
    assert isinstance(caught.value, exceptions.NoPermissionError) and caught.value.path == tmp_path


def test_access(machine: gpushare.Machine, mig: gpushare.Gpu) -> None:
    machine.set_access(gpushare.sim.Access.UNPRIVILEGED)
    with pytest.raises(PermissionError) as caught:
        mig.create_gpu_instance("1g.5gb")
    assert isinstance(caught.value, exceptions.NoPermissionError)
    assert caught.value.nvml_return is NvmlReturn.NO_PERMISSION


def test_errors_travel_between_processes(mig: gpushare.Gpu) -> None:
    gi = mig.create_gpu_instance("1g.5gb")
    gi.create_default_compute_instance()
    for provoke in (gi.destroy, lambda: mig.plan("2x7g.40gb"), lambda: mig.gpu_instance_profile("9g.9gb")):
        with pytest.raises(gpushare.GpuShareError) as caught:
            provoke()
        copy = pickle.loads(pickle.dumps(caught.value))
        assert type(copy) is type(caught.value)
        assert (str(copy), copy.__dict__) == (str(caught.value), caught.value.__dict__)


def test_nvml_codes_are_those_of_the_rust_layer() -> None:
    from gpushare._gpushare import nvml_return_description, nvml_return_name

    named = {code: nvml_return_name(code) for code in range(1100)}
    assert {code: name for code, name in named.items() if name} == {member.value: member.nvml_name for member in NvmlReturn}
    assert all(member.nvml_name in (f"NVML_{member.name}", f"NVML_ERROR_{member.name}") for member in NvmlReturn)
    assert NvmlReturn.IN_USE.description == nvml_return_description(19) == "in use"
    unknown = NvmlReturn(777)
    assert unknown is NvmlReturn(777) and repr(unknown) == "NvmlReturn(777)" and unknown == 777
    with pytest.raises(ValueError):
        NvmlReturn(-1)


def test_architectures_are_those_of_the_header() -> None:
    source = (SOURCES.parents[1] / "gpushare-sys/src/bindings.rs").read_text()
    for member in gpushare.Architecture:
        assert re.search(rf"NVML_DEVICE_ARCH_{member.name}: u32 = {member.value};", source), member
