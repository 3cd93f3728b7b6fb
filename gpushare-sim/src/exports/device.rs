//! Devices: how they are found, and what they are.

use std::ffi::{c_char, c_int, c_uint};

use gpushare_sys::*;

use super::argument::{Given, INVALID, NOT_SUPPORTED, Out, Text, WRONG_VERSION, chars};
use super::door::{Answer, Code, exports};
use super::handle::{Board, Of, device_handle, gpu_handle};
use crate::catalog::Architecture;
use crate::engine::{Device, Gpu, Machine, PciAddress};

fn pci_info(gpu: &Gpu) -> nvmlPciInfo_t {
    let PciAddress { domain, bus, device, .. } = gpu.identity().pci;
    nvmlPciInfo_t {
        busIdLegacy: chars(&format!("{domain:04X}:{bus:02X}:{device:02X}.0")),
        domain,
        bus: bus.into(),
        device: device.into(),
        pciDeviceId: gpu.model().pci_device_id,
        pciSubSystemId: gpu.model().pci_subsystem_id,
        busId: chars(&gpu.identity().pci.to_string()),
    }
}

/// What `nvmlDeviceGetPciInfo_v2` fills, whatever the header says of its struct: all but the long `busId`.
#[repr(C)]
struct PciInfoV2 {
    first: PciInfoV1,
    pci_subsystem_id: c_uint,
    /// Four fields in which nothing was ever put.
    reserved: [c_uint; 4],
}

/// What `nvmlDeviceGetPciInfo` fills.
#[repr(C)]
struct PciInfoV1 {
    bus_id: [c_char; 16],
    domain: c_uint,
    bus: c_uint,
    device: c_uint,
    pci_device_id: c_uint,
}

const _: () = assert!(size_of::<PciInfoV1>() == 32 && size_of::<PciInfoV2>() == 52);

impl From<nvmlPciInfo_t> for PciInfoV1 {
    fn from(info: nvmlPciInfo_t) -> Self {
        let nvmlPciInfo_t { busIdLegacy: bus_id, domain, bus, device, pciDeviceId: pci_device_id, .. } = info;
        Self { bus_id, domain, bus, device, pci_device_id }
    }
}

fn by_index(machine: &Machine, index: c_uint, device: &Out<nvmlDevice_t>) -> Answer {
    machine.gpu(index as usize)?;
    device.put(gpu_handle(index as usize))
}

fn by_pci(machine: &Machine, bus_id: &str, device: &Out<nvmlDevice_t>) -> Answer {
    device.put(gpu_handle(machine.find_pci(bus_id)?))
}

/// GPUs since Turing run the driver's firmware, which has the driver's version.
fn has_gsp(gpu: &Gpu) -> Answer {
    if gpu.model().architecture < Architecture::Turing { Err(NOT_SUPPORTED) } else { Ok(()) }
}

fn attributes(machine: &Machine, device: Device, attributes: &Out<nvmlDeviceAttributes_t>) -> Answer {
    let found = device.gpu(machine)?.mig_attributes(device.mig.ok_or(NOT_SUPPORTED)?)?;
    attributes.put(nvmlDeviceAttributes_t {
        multiprocessorCount: found.multiprocessors,
        sharedCopyEngineCount: found.engines.copy,
        sharedDecoderCount: found.engines.decoder,
        sharedEncoderCount: found.engines.encoder,
        sharedJpegCount: found.engines.jpeg,
        sharedOfaCount: found.engines.ofa,
        gpuInstanceSliceCount: found.gpu_instance_slices,
        computeInstanceSliceCount: found.compute_instance_slices,
        memorySizeMB: found.memory_mib,
    })
}

/// The text form of a UUID given as text or as bytes; bytes do not say whether of a GPU or of a MIG device.
fn uuid_texts(uuid: &nvmlUUID_t) -> Result<Vec<String>, Code> {
    match uuid.type_ {
        NVML_UUID_TYPE_ASCII => {
            // SAFETY: every member of the union is plain bytes, and all of them were read from the caller.
            let characters = unsafe { uuid.value.str_ };
            Ok(vec![characters.iter().take_while(|c| **c != 0).map(|c| *c as u8 as char).collect()])
        }
        NVML_UUID_TYPE_BINARY => {
            // SAFETY: as above.
            let hex: String = unsafe { uuid.value.bytes }.iter().map(|byte| format!("{byte:02x}")).collect();
            let dashed = [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-");
            Ok(vec![format!("GPU-{dashed}"), format!("MIG-{dashed}")])
        }
        _ => Err(INVALID),
    }
}

exports! {
    read fn nvmlDeviceGetCount(machine, _; count: Out<c_uint>) { count.put(machine.gpus().len() as c_uint) }

    read fn nvmlDeviceGetCount_v2(machine, _; count: Out<c_uint>) { count.put(machine.gpus().len() as c_uint) }

    read fn nvmlDeviceGetHandleByIndex(machine, _; index: c_uint, device: Out<nvmlDevice_t>) {
        by_index(machine, index, &device)
    }

    read fn nvmlDeviceGetHandleByIndex_v2(machine, _; index: c_uint, device: Out<nvmlDevice_t>) {
        by_index(machine, index, &device)
    }

    read fn nvmlDeviceGetHandleByUUID(machine, _; uuid: Text, device: Out<nvmlDevice_t>) {
        device.put(device_handle(machine.find_uuid(&uuid)?))
    }

    read fn nvmlDeviceGetHandleByUUIDV(machine, _; uuid: Given<nvmlUUID_t>, device: Out<nvmlDevice_t>) {
        if uuid.0.version != struct_version::<nvmlUUID_t>(1) {
            return Err(WRONG_VERSION);
        }
        let found = uuid_texts(&uuid.0)?.iter().find_map(|text| machine.find_uuid(text).ok());
        device.put(device_handle(found.ok_or(Code(NVML_ERROR_NOT_FOUND))?))
    }

    read fn nvmlDeviceGetHandleByPciBusId(machine, _; bus_id: Text, device: Out<nvmlDevice_t>) {
        by_pci(machine, &bus_id, &device)
    }

    read fn nvmlDeviceGetHandleByPciBusId_v2(machine, _; bus_id: Text, device: Out<nvmlDevice_t>) {
        by_pci(machine, &bus_id, &device)
    }

    read fn nvmlDeviceGetHandleBySerial(machine, _; serial: Text, device: Out<nvmlDevice_t>) {
        device.put(gpu_handle(machine.find_serial(&serial)?))
    }

    read fn nvmlDeviceGetName(machine, _; device: Device, name: Out<c_char>, length: c_uint) {
        let gpu = device.gpu(machine)?;
        match device.mig {
            None => name.text(length, &gpu.model().name),
            Some(mig) => name.text(length, &gpu.mig_name(mig)?),
        }
    }

    read fn nvmlDeviceGetUUID(machine, _; device: Device, uuid: Out<c_char>, length: c_uint) {
        let gpu = device.gpu(machine)?;
        match device.mig {
            None => uuid.text(length, &gpu.identity().uuid),
            Some(mig) => uuid.text(length, &gpu.mig_uuid(mig)?),
        }
    }

    read fn nvmlDeviceGetIndex(machine, _; device: Device, index: Out<c_uint>) {
        match device.mig {
            None => index.put(device.gpu as c_uint),
            Some(mig) => index.put(device.gpu(machine)?.mig_index(mig)?),
        }
    }

    read fn nvmlDeviceGetMinorNumber(machine, _; device: Board, minor: Out<c_uint>) {
        minor.put(device.gpu(machine)?.identity().minor)
    }

    read fn nvmlDeviceGetPciInfo(machine, _; device: Board, pci: Out<nvmlPciInfo_t>) {
        pci.put_as(PciInfoV1::from(pci_info(device.gpu(machine)?)))
    }

    read fn nvmlDeviceGetPciInfo_v2(machine, _; device: Board, pci: Out<nvmlPciInfo_t>) {
        let info = pci_info(device.gpu(machine)?);
        pci.put_as(PciInfoV2 { first: info.into(), pci_subsystem_id: info.pciSubSystemId, reserved: [0; 4] })
    }

    read fn nvmlDeviceGetPciInfo_v3(machine, _; device: Board, pci: Out<nvmlPciInfo_t>) {
        pci.put(pci_info(device.gpu(machine)?))
    }

    read fn nvmlDeviceGetPciInfoExt(machine, _; device: Board, pci: Out<nvmlPciInfoExt_t>) {
        pci.expect_version(1, WRONG_VERSION)?;
        let nvmlPciInfo_t { domain, bus, device, pciDeviceId, pciSubSystemId, busId, .. } = pci_info(device.gpu(machine)?);
        // A 3D controller.
        let (baseClass, subClass) = (0x03, 0x02);
        pci.put(nvmlPciInfoExt_t { version: pci.version(), domain, bus, device, pciDeviceId, pciSubSystemId, baseClass, subClass, busId })
    }

    read fn nvmlDeviceGetSerial(machine, _; device: Board, serial: Out<c_char>, length: c_uint) {
        serial.text(length, &device.gpu(machine)?.identity().serial)
    }

    read fn nvmlDeviceGetBrand(machine, _; device: Device, brand: Out<nvmlBrandType_t>) {
        brand.put(device.gpu(machine)?.model().brand as nvmlBrandType_t)
    }

    read fn nvmlDeviceGetBoardId(machine, _; device: Board, id: Out<c_uint>) {
        let PciAddress { domain, bus, device, .. } = device.gpu(machine)?.identity().pci;
        id.put(domain << 16 | c_uint::from(bus) << 8 | c_uint::from(device))
    }

    read fn nvmlDeviceGetBoardPartNumber(machine, _; device: Board, number: Out<c_char>, length: c_uint) {
        number.text(length, &device.gpu(machine)?.model().board_part_number)
    }

    read fn nvmlDeviceGetArchitecture(machine, _; device: Device, architecture: Out<nvmlDeviceArchitecture_t>) {
        architecture.put(device.gpu(machine)?.model().architecture as nvmlDeviceArchitecture_t)
    }

    read fn nvmlDeviceGetCudaComputeCapability(machine, _; device: Device, major: Out<c_int>, minor: Out<c_int>) {
        let capability = device.gpu(machine)?.model().compute_capability;
        major.put(capability.0 as c_int)?;
        minor.put(capability.1 as c_int)
    }

    read fn nvmlDeviceGetNumGpuCores(machine, _; device: Board, cores: Out<c_uint>) {
        cores.put(device.gpu(machine)?.cores()?)
    }

    read fn nvmlDeviceGetVbiosVersion(machine, _; device: Board, version: Out<c_char>, length: c_uint) {
        version.text(length, &device.gpu(machine)?.model().vbios_version)
    }

    read fn nvmlDeviceGetInforomImageVersion(machine, _; device: Board, version: Out<c_char>, length: c_uint) {
        version.text(length, &device.gpu(machine)?.model().sensors.inforom.image)
    }

    read fn nvmlDeviceGetInforomVersion(machine, _; device: Board, object: nvmlInforomObject_t, version: Out<c_char>, length: c_uint) {
        let inforom = &device.gpu(machine)?.model().sensors.inforom;
        match object {
            NVML_INFOROM_OEM => version.text(length, &inforom.oem),
            NVML_INFOROM_ECC => version.text(length, &inforom.ecc),
            _ if object < NVML_INFOROM_COUNT => Err(NOT_SUPPORTED),
            _ => Err(INVALID),
        }
    }

    // The buffer is as long as NVML_GSP_FIRMWARE_VERSION_BUF_SIZE says.
    read fn nvmlDeviceGetGspFirmwareVersion(machine, _; device: Board, version: Out<c_char>) {
        has_gsp(device.gpu(machine)?)?;
        version.text(NVML_GSP_FIRMWARE_VERSION_BUF_SIZE, machine.driver_version())
    }

    read fn nvmlDeviceGetGspFirmwareMode(machine, _; device: Board, enabled: Out<c_uint>, default: Out<c_uint>) {
        has_gsp(device.gpu(machine)?)?;
        enabled.put(1)?;
        default.put(1)
    }

    // No board here has a connector, yet the recorded ones say that a display is attached.
    read fn nvmlDeviceGetDisplayMode(_, _; _device: Board, mode: Out<nvmlEnableState_t>) { mode.put(NVML_FEATURE_ENABLED) }

    read fn nvmlDeviceGetDisplayActive(_, _; _device: Board, active: Out<nvmlEnableState_t>) { active.put(NVML_FEATURE_DISABLED) }

    read fn nvmlDeviceGetMultiGpuBoard(_, _; _device: Board, several: Out<c_uint>) { several.put(0) }

    // The place of a module in its host, counted from 1; boards in slots have none.
    read fn nvmlDeviceGetModuleId(machine, _; device: Board, id: Out<c_uint>) {
        let gpu = device.gpu(machine)?;
        id.put(if gpu.model().nvlink { gpu.identity().minor % 8 + 1 } else { 0 })
    }

    read fn nvmlDeviceGetMemoryBusWidth(machine, _; device: Board, bits: Out<c_uint>) {
        bits.put(device.gpu(machine)?.model().memory_bus_width)
    }

    read fn nvmlDeviceGetPdi(machine, _; device: Board, pdi: Out<nvmlPdi_t>) {
        pdi.expect_version(1, WRONG_VERSION)?;
        pdi.put(nvmlPdi_t { version: pdi.version(), value: device.gpu(machine)?.identity().pdi })
    }

    read fn nvmlDeviceGetPersistenceMode(machine, _; device: Board, mode: Out<nvmlEnableState_t>) {
        mode.put(device.gpu(machine)?.persistence().into())
    }

    change fn nvmlDeviceSetPersistenceMode(machine, access; device: Board, mode: nvmlEnableState_t) {
        Ok(machine.gpu_mut(device.0)?.set_persistence(access, mode)?)
    }

    read fn nvmlDeviceGetVirtualizationMode(machine, _; device: Board, mode: Out<nvmlGpuVirtualizationMode_t>) {
        let passthrough = device.gpu(machine)?.identity().passthrough;
        mode.put(if passthrough { NVML_GPU_VIRTUALIZATION_MODE_PASSTHROUGH } else { NVML_GPU_VIRTUALIZATION_MODE_NONE })
    }

    read fn nvmlDeviceGetAddressingMode(_, _; _device: Board, mode: Out<nvmlDeviceAddressingMode_t>) {
        mode.expect_version(1, WRONG_VERSION)?;
        mode.put(nvmlDeviceAddressingMode_t { version: mode.version(), value: NVML_DEVICE_ADDRESSING_MODE_NONE })
    }

    read fn nvmlDeviceGetAttributes(machine, _; device: Device, found: Out<nvmlDeviceAttributes_t>) {
        attributes(machine, device, &found)
    }

    read fn nvmlDeviceGetAttributes_v2(machine, _; device: Device, found: Out<nvmlDeviceAttributes_t>) {
        attributes(machine, device, &found)
    }

    read fn nvmlDeviceGetComputeMode(machine, _; device: Device, mode: Out<nvmlComputeMode_t>) {
        let instance = device.mig.map(|mig| (mig.gi, mig.ci));
        mode.put(device.gpu(machine)?.compute_mode(instance)? as nvmlComputeMode_t)
    }

    change fn nvmlDeviceSetComputeMode(machine, access; device: Device, mode: nvmlComputeMode_t) {
        let instance = device.mig.map(|mig| (mig.gi, mig.ci));
        Ok(machine.gpu_mut(device.gpu)?.set_compute_mode(access, instance, mode)?)
    }
}
