"""nvitop: its MIG devices, and the rows that it prints of them."""

import a100
import pynvml
import pytest
from nvitop import Device, MigDevice, libnvml

MIB = 1024 * 1024


def test_mig_devices(split):
    device = Device(0)
    assert device.is_mig_mode_enabled() and device.mig_mode() == "Enabled"
    assert device.max_mig_device_count() == 7
    assert (device.memory_total(), device.memory_used()) == (a100.MEMORY_MIB * MIB, a100.USED_MIB * MIB)
    for index, (mig, known) in enumerate(zip(MigDevice.all(), a100.MIG_DEVICES, strict=True)):
        assert mig.index == (0, index)
        assert mig.name() == f"{a100.NAME} MIG {known.profile}"
        assert (mig.gpu_instance_id(), mig.compute_instance_id()) == (known.gi, known.ci)
        assert (mig.memory_total(), mig.memory_used()) == (known.memory_mib * MIB, known.used_mib * MIB)
        assert mig.bar1_memory_total() // MIB == known.bar1_mib
        assert mig.processes() == {}
        assert MigDevice(uuid=mig.uuid()).index == mig.index
    with pytest.raises(libnvml.NVMLError_NotFound):
        MigDevice((0, 4))


def test_mig_devices_follow_the_machine(split):
    instance = pynvml.nvmlDeviceGetGpuInstanceById(split, 3)
    pynvml.nvmlComputeInstanceDestroy(pynvml.nvmlGpuInstanceGetComputeInstanceById(instance, 0))
    assert [(mig.gpu_instance_id(), mig.compute_instance_id()) for mig in MigDevice.all()] == [(2, 0), (3, 1), (9, 0)]


def test_table(split, run):
    shown = run("nvitop", "-1")
    assert shown.returncode == 0
    lines = [" ".join(line.replace("│", " ").split()) for line in shown.stdout.splitlines()]
    assert f"NVITOP 1.7.2 Driver Version: {a100.DRIVER} CUDA Driver Version: 13.0" in lines
    card = lines.index(next(line for line in lines if line.startswith("0 A100-SXM4-40GB On 00000000:10:1C.0")))
    assert " Enabled " in lines[card]
    assert "249.0MiB / 40.00GiB N/A Default" in lines[card + 1]
    for index, known in enumerate(a100.MIG_DEVICES):
        used = f"{known.used_mib:.1f}" if known.used_mib >= 100 else f"{known.used_mib:.2f}"
        row = (
            f"0:{index} {known.profile} @ GI/CI: {known.gi}/{known.ci} {used}MiB / {known.memory_mib}MiB BAR1: 0B / 0%"
        )
        assert lines[card + 3 + index].startswith(row)
    assert sum("A100-SXM4-40GB" in line for line in lines) == 8
    assert "No running processes found" in lines
