//! `nvmlDeviceGetFieldValues`: many numbers in one call, each with a code of its own.

use std::ffi::{c_int, c_uint};

use gpushare_sys::*;

use super::argument::{Array, INVALID, NOT_SUPPORTED};
use super::door::{Code, exports};
use super::handle::Of;
use super::sensors;
use crate::engine::{Device, Gpu, MemoryErrors};

/// A number as a field shows it.
enum Value {
    Unsigned(c_uint),
    Signed(c_int),
    Long(u64),
}

impl Value {
    fn write(self, field: &mut nvmlFieldValue_t) {
        // The members of the union share their first bytes; the rest is written as 0.
        let (kind, bits) = match self {
            Self::Unsigned(value) => (NVML_VALUE_TYPE_UNSIGNED_INT, value.into()),
            Self::Signed(value) => (NVML_VALUE_TYPE_SIGNED_INT, value.cast_unsigned().into()),
            Self::Long(value) => (NVML_VALUE_TYPE_UNSIGNED_LONG_LONG, value),
        };
        field.valueType = kind;
        field.value = nvmlValue_t { ullVal: bits };
    }
}

/// Fields of power and energy have a scope: the GPU, its memory or its module. Only the GPU is measured.
fn is_power(id: c_uint) -> bool {
    matches!(id, NVML_FI_DEV_POWER_AVERAGE..=NVML_FI_DEV_POWER_REQUESTED_LIMIT)
}

fn field(gpu: &Gpu, id: c_uint) -> Result<Value, Code> {
    let model = gpu.model();
    let sensors = &model.sensors;
    let unsigned = |value: c_uint| Ok(Value::Unsigned(value));
    let errors = |volatile, place| Ok(Value::Long(gpu.errors(volatile, place)?));
    match id {
        NVML_FI_DEV_ECC_CURRENT | NVML_FI_DEV_ECC_PENDING => unsigned(NVML_FEATURE_ENABLED),
        NVML_FI_DEV_ECC_SBE_VOL_TOTAL | NVML_FI_DEV_ECC_DBE_VOL_TOTAL => Ok(Value::Long(gpu.total_errors(true)?)),
        NVML_FI_DEV_ECC_SBE_AGG_TOTAL | NVML_FI_DEV_ECC_DBE_AGG_TOTAL => Ok(Value::Long(gpu.total_errors(false)?)),
        NVML_FI_DEV_ECC_SBE_VOL_DEV | NVML_FI_DEV_ECC_DBE_VOL_DEV => errors(true, MemoryErrors::Dram),
        NVML_FI_DEV_ECC_SBE_AGG_DEV | NVML_FI_DEV_ECC_DBE_AGG_DEV => errors(false, MemoryErrors::Dram),
        NVML_FI_DEV_ECC_SBE_VOL_L1..=NVML_FI_DEV_ECC_DBE_VOL_CBU => errors(true, MemoryErrors::Part),
        NVML_FI_DEV_ECC_SBE_AGG_L1..=NVML_FI_DEV_ECC_DBE_AGG_CBU => errors(false, MemoryErrors::Part),
        NVML_FI_DEV_RETIRED_SBE..=NVML_FI_DEV_RETIRED_PENDING
        | NVML_FI_DEV_RETIRED_PENDING_SBE
        | NVML_FI_DEV_RETIRED_PENDING_DBE => unsigned(gpu.retired_pages()?),
        NVML_FI_DEV_REMAPPED_COR..=NVML_FI_DEV_REMAPPED_FAILURE => unsigned(gpu.remapped_rows()?),
        // How long the clocks were held down, and for what.
        NVML_FI_DEV_PERF_POLICY_POWER..=NVML_FI_DEV_PERF_POLICY_TOTAL_BASE_CLOCKS => Ok(Value::Long(0)),
        NVML_FI_DEV_MEMORY_TEMP => unsigned(sensors.memory.ok_or(NOT_SUPPORTED)?.idle),
        NVML_FI_DEV_TOTAL_ENERGY_CONSUMPTION | NVML_FI_DEV_ENERGY => Ok(Value::Long(sensors::energy(gpu)?)),
        NVML_FI_DEV_PCIE_REPLAY_COUNTER | NVML_FI_DEV_PCIE_REPLAY_ROLLOVER_COUNTER => unsigned(0),
        NVML_FI_DEV_IS_RESETLESS_MIG_SUPPORTED => unsigned(model.mig.as_ref().is_some_and(|mig| mig.resetless).into()),
        NVML_FI_DEV_IS_MIG_MODE_INDEPENDENT_MIG_QUERY_CAPABLE => {
            unsigned((model.mig.is_some() && model.branch.answers_while_mig_is_off).into())
        }
        NVML_FI_DEV_POWER_AVERAGE | NVML_FI_DEV_POWER_INSTANT => unsigned(sensors.power_milliwatts),
        NVML_FI_DEV_POWER_MIN_LIMIT => unsigned(gpu.power_limits().0),
        NVML_FI_DEV_POWER_MAX_LIMIT | NVML_FI_DEV_POWER_DEFAULT_LIMIT => unsigned(gpu.power_limits().1),
        NVML_FI_DEV_POWER_CURRENT_LIMIT | NVML_FI_DEV_POWER_REQUESTED_LIMIT => unsigned(gpu.power_limit()),
        NVML_FI_DEV_TEMPERATURE_SHUTDOWN_TLIMIT => limit(gpu, sensors.thresholds.shutdown),
        NVML_FI_DEV_TEMPERATURE_SLOWDOWN_TLIMIT => limit(gpu, sensors.thresholds.slowdown),
        NVML_FI_DEV_TEMPERATURE_GPU_MAX_TLIMIT => limit(gpu, sensors.thresholds.operating),
        0 | NVML_FI_MAX.. => Err(INVALID),
        _ => Err(NOT_SUPPORTED),
    }
}

fn limit(gpu: &Gpu, temperature: c_uint) -> Result<Value, Code> {
    Ok(Value::Signed(sensors::margin(gpu, temperature)?))
}

exports! {
    read fn nvmlDeviceGetFieldValues(machine, _; device: Device, count: c_int, values: Array<nvmlFieldValue_t>) {
        let gpu = device.gpu(machine)?;
        let count = usize::try_from(count).ok().filter(|count| *count > 0).ok_or(INVALID)?;
        let timestamp = sensors::now().cast_signed();
        values.update(count, |value| {
            // The fields are the board's.
            let of_the_gpu = !is_power(value.fieldId) || value.scopeId == NVML_POWER_SCOPE_GPU;
            let told = device.mig.is_none() && of_the_gpu;
            let answer = if told { field(gpu, value.fieldId) } else { Err(NOT_SUPPORTED) };
            value.timestamp = timestamp;
            value.latencyUsec = 0;
            value.nvmlReturn = match answer {
                Ok(number) => {
                    number.write(value);
                    NVML_SUCCESS
                }
                Err(Code(code)) => {
                    Value::Unsigned(0).write(value);
                    code
                }
            };
        })
    }
}
