"""cuda.core.system, which sets NVML up on its own and never shuts it down."""

import a100
from cuda.core import system
from cuda.core.system import Device

MIB = 1024 * 1024


def test_machine():
    assert system.get_num_devices() == 8
    assert system.get_kernel_mode_driver_version() == tuple(map(int, a100.DRIVER.split(".")))
    assert system.get_user_mode_driver_version() == (13, 0)
    assert [device.uuid for device in Device.get_all_devices()] == a100.UUIDS
    device = Device(index=0)
    assert (device.name, device.memory_info.total) == (a100.NAME, a100.MEMORY_MIB * MIB)
    assert device.pci_info.bus_id == a100.BUS_ID
    assert Device(uuid=a100.UUIDS[3]).index == 3


def test_mig_mode():
    mig = Device(index=0).mig
    assert (mig.mode, mig.pending_mode, mig.is_mig_device) == (False, False, False)
    assert list(mig.get_all_devices()) == []
    mig.mode = True
    assert (mig.mode, mig.pending_mode) == (True, True)
    assert Device(index=1).mig.mode is False


def test_mig_devices(split):
    mig = Device(index=0).mig
    assert mig.device_count == 7
    found = list(mig.get_all_devices())
    for device, known in zip(found, a100.MIG_DEVICES, strict=True):
        assert device.mig.is_mig_device
        assert device.mig.parent.uuid == a100.UUIDS[0]
        assert device.name == f"{a100.NAME} MIG {known.profile}"
        assert (device.memory_info.total // MIB, device.memory_info.used // MIB) == (known.memory_mib, known.used_mib)
        attributes = device.attributes
        assert (attributes.multiprocessor_count, attributes.shared_copy_engine_count) == (known.sm, known.ce)
        assert (attributes.gpu_instance_slice_count, attributes.compute_instance_slice_count) == (
            known.gi_slices,
            known.ci_slices,
        )
        assert Device(uuid=device.uuid).name == device.name
    assert mig.get_device_by_index(3).uuid == found[3].uuid
