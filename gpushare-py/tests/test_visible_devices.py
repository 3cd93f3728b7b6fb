"""What programs and containers are given by CUDA_VISIBLE_DEVICES and NVIDIA_VISIBLE_DEVICES."""

from __future__ import annotations

import pickle

import gpushare
import pytest
from gpushare import CudaRules, DeviceOrder, EntryFault, ListEnd, MigEnumeration, NvidiaVisibleDevices, VisibleDevice, VisibleDevices

WIDE = CudaRules(mig=MigEnumeration.ONE_PER_GPU_INSTANCE)


def node(count: int = 2, second: str = "NVIDIA A100-SXM4-40GB") -> gpushare.VisibleNode:
    def gpu(index: int) -> gpushare.VisibleGpu:
        uuid = f"GPU-{index + 1}0000000-0000-0000-0000-000000000000"
        address = gpushare.PciAddress(f"0000:{index + 1:02x}:00.0")
        return gpushare.VisibleGpu(index, uuid, address, second if index else "NVIDIA A100-SXM4-40GB")

    return gpushare.VisibleNode([gpu(index) for index in range(count)])


def test_a_value_is_read_and_printed_in_one_form() -> None:
    value = VisibleDevices.parse(" 01,-7,GPU-9E4A,MIG-C4")
    assert value.entries == [
        VisibleDevice.Index(1),
        VisibleDevice.NoDevice(),
        VisibleDevice.GpuPrefix("GPU-9e4a"),
        VisibleDevice.MigPrefix("MIG-c4"),
    ]
    assert str(value) == "1,-1,GPU-9e4a,MIG-c4" and VisibleDevices(value.entries) == VisibleDevices(str(value)) == value
    assert VisibleDevices("").entries == []
    with pytest.raises(gpushare.InvalidArgumentError, match='entry 1 "abc" is neither') as caught:
        VisibleDevices("0,abc")
    error = caught.value
    assert (error.variable, error.position, error.entry, error.fault) == ("CUDA_VISIBLE_DEVICES", 1, "abc", EntryFault.Malformed())
    with pytest.raises(gpushare.InvalidArgumentError, match="not a UUID"):
        VisibleDevices([VisibleDevice.GpuPrefix("0")])


def test_a_value_for_a_program_is_one_that_cuda_honours() -> None:
    two = VisibleDevices("0:2/0,0:3/0")
    with pytest.raises(gpushare.InvalidArgumentError, match="a process has one") as caught:
        two.value()
    assert caught.value.fault == EntryFault.SecondMigDevice(first=0)
    assert two.value(WIDE) == "0:2/0,0:3/0"
    assert CudaRules() == CudaRules.of_driver("565.57.01") and WIDE == CudaRules.of_driver("570.86.15")
    with pytest.raises(TypeError, match="is not a DeviceOrder"):
        CudaRules(order="PCI_BUS_ID")  # type: ignore[arg-type]


def test_a_described_node_resolves_without_a_driver() -> None:
    seen = node().resolve("1,7,0")
    assert [device.gpu for device in seen.devices] == [1] and seen.devices[0].uuid().startswith("GPU-2")
    assert seen.end == ListEnd.At(position=1, entry="7", fault=EntryFault.NoSuchGpu(gpus=2))
    assert seen.cuda_error() is None and node().resolve("-1").cuda_error() == 100 and node().resolve("0,0").cuda_error() == 101
    assert node().resolve(None).end == ListEnd.Unset() and node().resolve("0").end == ListEnd.Complete()
    assert node().resolve(" " * 2625).end == ListEnd.Ignored(length=2625, most=2624)
    ambiguous = node().resolve("GPU--").end
    assert isinstance(ambiguous, ListEnd.At) and ambiguous.fault == EntryFault.Ambiguous([gpu.uuid for gpu in node().gpus])
    mixed = node(second="NVIDIA T4")
    with pytest.raises(gpushare.NotSupportedError, match="which model is the fastest"):
        mixed.resolve("0")
    assert mixed.resolve("1", CudaRules(order=DeviceOrder.PCI_BUS_ID)).devices[0].gpu == 1
    for value in (node(), seen, CudaRules(order=DeviceOrder.PCI_BUS_ID)):
        assert pickle.loads(pickle.dumps(value)) == value
        assert eval(repr(node()), vars(gpushare)) == node()


def test_mig_devices_are_given_by_the_rules_of_the_driver(nvml: gpushare.Nvml, mig: gpushare.Gpu) -> None:
    first, second = (mig.create_gpu_instance("2g.10gb").create_default_compute_instance().mig_device() for _ in range(2))
    value = VisibleDevices([second.visible_device(), first.visible_device()])
    assert [device.uuid() for device in value.resolve(nvml).devices] == [second.uuid, first.uuid]
    old = value.resolve(nvml, CudaRules())
    assert [device.uuid() for device in old.devices] == [second.uuid] and old.hidden[0].fault == EntryFault.SecondMigDevice(first=0)
    assert old == value.resolve(nvml.visible_node()) and f"hidden: {first.uuid}" in str(old)
    device = old.devices[0].mig
    assert device is not None and (device.gpu_instance, device.compute_instance) == (second.gpu_instance_id, 0)

    container = NvidiaVisibleDevices.parse("0:1, 0,,0:1")
    assert container.entries == ["0:1", "0", "0:1"] and str(container) == "0:1,0,0:1"
    assert [device.mig is not None for device in container.resolve(nvml)] == [True, False]
    with pytest.raises(gpushare.NotFoundError) as caught:
        NvidiaVisibleDevices("0,0:2").resolve(nvml)
    assert (caught.value.variable, caught.value.position) == ("NVIDIA_VISIBLE_DEVICES", 1)
    with pytest.raises(gpushare.InvalidArgumentError, match="neither an index"):
        NvidiaVisibleDevices("GPU-9e4a")
    assert NvidiaVisibleDevices("").resolve(nvml) == NvidiaVisibleDevices("none").resolve(nvml) == []
