//! Temperature, power, clocks, performance state. Passive boards have no fan, so the fan's functions are not here.

use std::ffi::{c_uint, c_ulonglong};
use std::time::{SystemTime, UNIX_EPOCH};

use gpushare_sys::*;

use super::argument::{Array, INVALID, NOT_SUPPORTED, Out, WRONG_VERSION};
use super::door::{Code, exports};
use super::handle::{Board, Of};
use crate::catalog::{Architecture, Clocks};
use crate::engine::Gpu;

/// The clocks of the domains, by `NVML_CLOCK_*`.
fn clock(clocks: Clocks, domain: nvmlClockType_t) -> Result<c_uint, Code> {
    match domain {
        NVML_CLOCK_GRAPHICS | NVML_CLOCK_SM => Ok(clocks.graphics),
        NVML_CLOCK_MEM => Ok(clocks.memory),
        NVML_CLOCK_VIDEO => Ok(clocks.video),
        _ => Err(INVALID),
    }
}

/// The clocks that applications get: they can ask for those of the multiprocessors and of the memory.
fn application_clock(gpu: &Gpu, domain: nvmlClockType_t) -> Result<c_uint, Code> {
    let sensors = &gpu.model().sensors;
    match domain {
        NVML_CLOCK_VIDEO => Err(NOT_SUPPORTED),
        _ => clock(Clocks { graphics: sensors.application_clock, ..sensors.max_clocks }, domain),
    }
}

fn boost_clock(gpu: &Gpu, domain: nvmlClockType_t) -> Result<c_uint, Code> {
    match domain {
        NVML_CLOCK_VIDEO => Err(NOT_SUPPORTED),
        _ => clock(gpu.model().sensors.max_clocks, domain),
    }
}

fn temperature(gpu: &Gpu, sensor: nvmlTemperatureSensors_t) -> Result<c_uint, Code> {
    if sensor == NVML_TEMPERATURE_GPU { Ok(gpu.model().sensors.temperature) } else { Err(INVALID) }
}

fn threshold(gpu: &Gpu, kind: nvmlTemperatureThresholds_t) -> Result<c_uint, Code> {
    let sensors = &gpu.model().sensors;
    match kind {
        NVML_TEMPERATURE_THRESHOLD_SHUTDOWN => Ok(sensors.thresholds.shutdown),
        NVML_TEMPERATURE_THRESHOLD_SLOWDOWN => Ok(sensors.thresholds.slowdown),
        NVML_TEMPERATURE_THRESHOLD_GPU_MAX => Ok(sensors.thresholds.operating),
        NVML_TEMPERATURE_THRESHOLD_MEM_MAX => sensors.memory.map(|memory| memory.operating).ok_or(NOT_SUPPORTED),
        _ if kind < NVML_TEMPERATURE_THRESHOLD_COUNT => Err(NOT_SUPPORTED),
        _ => Err(INVALID),
    }
}

/// How far a temperature is below the highest at which the board is meant to work; boards since Ada tell it.
pub(super) fn margin(gpu: &Gpu, temperature: c_uint) -> Result<i32, Code> {
    if gpu.model().architecture < Architecture::Ada {
        return Err(NOT_SUPPORTED);
    }
    Ok(gpu.model().sensors.thresholds.operating.cast_signed() - temperature.cast_signed())
}

/// Millijoules since the computer started: the idle power, all the time.
pub(super) fn energy(gpu: &Gpu) -> Result<c_ulonglong, Code> {
    let mut now = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the pointer is of a live local.
    let failed = unsafe { libc::clock_gettime(libc::CLOCK_BOOTTIME, &mut now) };
    let milliseconds = now.tv_sec.unsigned_abs() * 1000 + now.tv_nsec.unsigned_abs() / 1_000_000;
    let power = c_ulonglong::from(gpu.model().sensors.power_milliwatts);
    if failed == 0 { Ok(milliseconds * power / 1000) } else { Err(Code(NVML_ERROR_UNKNOWN)) }
}

/// Microseconds since 1970, as NVML dates what it reads.
pub(super) fn now() -> c_ulonglong {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_micros() as c_ulonglong)
}

/// The reasons of which `nvidia-smi` tells, whether or not they hold.
const EVENT_REASONS: c_uint = nvmlClocksEventReasonGpuIdle
    | nvmlClocksEventReasonApplicationsClocksSetting
    | nvmlClocksEventReasonSwPowerCap
    | nvmlClocksThrottleReasonHwSlowdown
    | nvmlClocksThrottleReasonHwThermalSlowdown
    | nvmlClocksThrottleReasonHwPowerBrakeSlowdown
    | nvmlClocksEventReasonSyncBoost
    | nvmlClocksEventReasonSwThermalSlowdown
    | nvmlClocksEventReasonDisplayClockSetting;

/// Nothing slows an idle GPU's clocks but its idleness.
fn event_reasons(gpu: &Gpu) -> c_ulonglong {
    if gpu.is_idle() { nvmlClocksEventReasonGpuIdle.into() } else { nvmlClocksEventReasonNone.into() }
}

exports! {
    read fn nvmlDeviceGetTemperature(machine, _; device: Board, sensor: nvmlTemperatureSensors_t, found: Out<c_uint>) {
        found.put(temperature(device.gpu(machine)?, sensor)?)
    }

    read fn nvmlDeviceGetTemperatureV(machine, _; device: Board, found: Out<nvmlTemperature_t>) {
        found.expect_version(1, WRONG_VERSION)?;
        let asked = found.get();
        let temperature = temperature(device.gpu(machine)?, asked.sensorType)?.cast_signed();
        found.put(nvmlTemperature_t { temperature, ..asked })
    }

    read fn nvmlDeviceGetTemperatureThreshold(machine, _; device: Board, kind: nvmlTemperatureThresholds_t, found: Out<c_uint>) {
        found.put(threshold(device.gpu(machine)?, kind)?)
    }

    read fn nvmlDeviceGetMarginTemperature(machine, _; device: Board, found: Out<nvmlMarginTemperature_t>) {
        found.expect_version(1, WRONG_VERSION)?;
        let gpu = device.gpu(machine)?;
        let marginTemperature = margin(gpu, gpu.model().sensors.temperature)?;
        found.put(nvmlMarginTemperature_t { version: found.version(), marginTemperature })
    }

    read fn nvmlDeviceGetPowerUsage(machine, _; device: Board, milliwatts: Out<c_uint>) {
        milliwatts.put(device.gpu(machine)?.model().sensors.power_milliwatts)
    }

    read fn nvmlDeviceGetTotalEnergyConsumption(machine, _; device: Board, millijoules: Out<c_ulonglong>) {
        millijoules.put(energy(device.gpu(machine)?)?)
    }

    read fn nvmlDeviceGetPowerManagementMode(_, _; _device: Board, mode: Out<nvmlEnableState_t>) {
        mode.put(NVML_FEATURE_ENABLED)
    }

    read fn nvmlDeviceGetPowerManagementLimit(machine, _; device: Board, milliwatts: Out<c_uint>) {
        milliwatts.put(device.gpu(machine)?.power_limit())
    }

    read fn nvmlDeviceGetEnforcedPowerLimit(machine, _; device: Board, milliwatts: Out<c_uint>) {
        milliwatts.put(device.gpu(machine)?.power_limit())
    }

    read fn nvmlDeviceGetPowerManagementDefaultLimit(machine, _; device: Board, milliwatts: Out<c_uint>) {
        milliwatts.put(device.gpu(machine)?.power_limits().1)
    }

    read fn nvmlDeviceGetPowerManagementLimitConstraints(machine, _; device: Board, lowest: Out<c_uint>, highest: Out<c_uint>) {
        let limits = device.gpu(machine)?.power_limits();
        lowest.put(limits.0)?;
        highest.put(limits.1)
    }

    change fn nvmlDeviceSetPowerManagementLimit(machine, access; device: Board, milliwatts: c_uint) {
        Ok(machine.gpu_mut(device.0)?.set_power_limit(access, milliwatts)?)
    }

    change fn nvmlDeviceSetPowerManagementLimit_v2(machine, access; device: Board, limit: Out<nvmlPowerValue_v2_t>) {
        limit.expect_version(2, WRONG_VERSION)?;
        let nvmlPowerValue_v2_t { powerScope, powerValueMw, .. } = limit.get();
        match powerScope.into() {
            NVML_POWER_SCOPE_GPU => Ok(machine.gpu_mut(device.0)?.set_power_limit(access, powerValueMw)?),
            _ => Err(NOT_SUPPORTED),
        }
    }

    read fn nvmlDeviceGetPowerSource(_, _; _device: Board, source: Out<nvmlPowerSource_t>) { source.put(NVML_POWER_SOURCE_AC) }

    read fn nvmlDeviceGetPerformanceState(machine, _; device: Board, state: Out<nvmlPstates_t>) {
        state.put(device.gpu(machine)?.model().sensors.performance_state)
    }

    read fn nvmlDeviceGetPowerState(machine, _; device: Board, state: Out<nvmlPstates_t>) {
        state.put(device.gpu(machine)?.model().sensors.performance_state)
    }

    read fn nvmlDeviceGetClockInfo(machine, _; device: Board, domain: nvmlClockType_t, megahertz: Out<c_uint>) {
        megahertz.put(clock(device.gpu(machine)?.model().sensors.clocks, domain)?)
    }

    read fn nvmlDeviceGetMaxClockInfo(machine, _; device: Board, domain: nvmlClockType_t, megahertz: Out<c_uint>) {
        megahertz.put(clock(device.gpu(machine)?.model().sensors.max_clocks, domain)?)
    }

    read fn nvmlDeviceGetApplicationsClock(machine, _; device: Board, domain: nvmlClockType_t, megahertz: Out<c_uint>) {
        megahertz.put(application_clock(device.gpu(machine)?, domain)?)
    }

    read fn nvmlDeviceGetDefaultApplicationsClock(machine, _; device: Board, domain: nvmlClockType_t, megahertz: Out<c_uint>) {
        megahertz.put(application_clock(device.gpu(machine)?, domain)?)
    }

    read fn nvmlDeviceGetMaxCustomerBoostClock(machine, _; device: Board, domain: nvmlClockType_t, megahertz: Out<c_uint>) {
        megahertz.put(boost_clock(device.gpu(machine)?, domain)?)
    }

    read fn nvmlDeviceGetClock(machine, _; device: Board, domain: nvmlClockType_t, which: nvmlClockId_t, megahertz: Out<c_uint>) {
        let gpu = device.gpu(machine)?;
        megahertz.put(match which {
            NVML_CLOCK_ID_CURRENT => clock(gpu.model().sensors.clocks, domain)?,
            NVML_CLOCK_ID_APP_CLOCK_TARGET | NVML_CLOCK_ID_APP_CLOCK_DEFAULT => application_clock(gpu, domain)?,
            NVML_CLOCK_ID_CUSTOMER_BOOST_MAX => boost_clock(gpu, domain)?,
            _ => return Err(INVALID),
        })
    }

    read fn nvmlDeviceGetSupportedMemoryClocks(machine, _; device: Board, count: Out<c_uint>, clocks: Array<c_uint>) {
        clocks.fill(&count, vec![device.gpu(machine)?.model().sensors.max_clocks.memory])
    }

    read fn nvmlDeviceGetSupportedGraphicsClocks(machine, _; device: Board, memory: c_uint, count: Out<c_uint>, clocks: Array<c_uint>) {
        clocks.fill(&count, device.gpu(machine)?.graphics_clocks(memory)?)
    }

    read fn nvmlDeviceGetCurrentClocksEventReasons(machine, _; device: Board, reasons: Out<c_ulonglong>) {
        reasons.put(event_reasons(device.gpu(machine)?))
    }

    read fn nvmlDeviceGetCurrentClocksThrottleReasons(machine, _; device: Board, reasons: Out<c_ulonglong>) {
        reasons.put(event_reasons(device.gpu(machine)?))
    }

    read fn nvmlDeviceGetSupportedClocksEventReasons(_, _; _device: Board, reasons: Out<c_ulonglong>) {
        reasons.put(EVENT_REASONS.into())
    }

    read fn nvmlDeviceGetSupportedClocksThrottleReasons(_, _; _device: Board, reasons: Out<c_ulonglong>) {
        reasons.put(EVENT_REASONS.into())
    }

    read fn nvmlDeviceGetViolationStatus(_, _; _device: Board, policy: nvmlPerfPolicyType_t, time: Out<nvmlViolationTime_t>) {
        if policy >= NVML_PERF_POLICY_COUNT {
            return Err(INVALID);
        }
        time.put(nvmlViolationTime_t { referenceTime: now(), violationTime: 0 })
    }
}
