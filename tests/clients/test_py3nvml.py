"""py3nvml, last changed in 2021: the structs of that time, behind the unversioned and older symbols."""

import a100
import pytest
from py3nvml import py3nvml as nvml


@pytest.fixture
def gpu():
    nvml.nvmlInit()
    yield nvml.nvmlDeviceGetHandleByIndex(0)
    nvml.nvmlShutdown()


def test_gpu(gpu):
    assert nvml.nvmlSystemGetDriverVersion() == a100.DRIVER
    assert nvml.nvmlDeviceGetCount() == 8
    assert (nvml.nvmlDeviceGetName(gpu), nvml.nvmlDeviceGetUUID(gpu)) == (a100.NAME, a100.UUIDS[0])
    assert nvml.nvmlDeviceGetMemoryInfo(gpu).total == a100.MEMORY_MIB << 20
    assert nvml.nvmlDeviceGetComputeRunningProcesses(gpu) == []


def test_pci_info_of_2021(gpu):
    pci = nvml.nvmlDeviceGetPciInfo(gpu)
    assert (pci.domain, pci.bus, pci.device) == (0, 0x10, 0x1C)
    assert pci.busId.decode().upper().endswith("0000:10:1C.0")
    assert pci.pciDeviceId == 0x20B010DE


def test_py3smi(run):
    # A struct that is filled beyond its old end shows as a crash, and not on each run.
    for _ in range(5):
        shown = run("py3smi")
        assert shown.returncode == 0
        rows = [line for line in shown.stdout.splitlines() if "/ 40960MiB |" in line]
        assert [row.split()[1] for row in rows] == [str(index) for index in range(8)]
        assert f"Driver Version: {a100.DRIVER}" in shown.stdout
