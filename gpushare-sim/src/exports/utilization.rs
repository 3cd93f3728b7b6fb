//! How busy a GPU and its engines are, who kept them busy, and what is encoded. Nothing ever runs on a simulated GPU.

use std::ffi::{c_uint, c_ulonglong};

use gpushare_sys::*;

use super::argument::{Array, INVALID, Out};
use super::door::{Answer, Code, exports};
use super::handle::{Board, Of};
use crate::engine::{Machine, ProcessSample};

/// Over how many microseconds the engines' use is measured.
const PERIOD: c_uint = 167_000;

const NOT_FOUND: Code = Code(NVML_ERROR_NOT_FOUND);

fn engine(machine: &Machine, device: &Board, utilization: &Out<c_uint>, period: &Out<c_uint>) -> Answer {
    utilization.put(device.gpu(machine)?.utilization()?)?;
    period.put(PERIOD)
}

/// Samples that MIG mode hides, as it hides the number they belong to.
fn is_utilization(kind: nvmlSamplingType_t) -> bool {
    matches!(
        kind,
        NVML_GPU_UTILIZATION_SAMPLES
            | NVML_MEMORY_UTILIZATION_SAMPLES
            | NVML_ENC_UTILIZATION_SAMPLES
            | NVML_DEC_UTILIZATION_SAMPLES
            | NVML_JPG_UTILIZATION_SAMPLES
            | NVML_OFA_UTILIZATION_SAMPLES
    )
}

fn sample(sample: ProcessSample) -> nvmlProcessUtilizationSample_t {
    let ProcessSample { pid, timestamp_us, multiprocessors, memory, encoder, decoder } = sample;
    nvmlProcessUtilizationSample_t {
        pid,
        timeStamp: timestamp_us,
        smUtil: multiprocessors,
        memUtil: memory,
        encUtil: encoder,
        decUtil: decoder,
    }
}

exports! {
    read fn nvmlDeviceGetUtilizationRates(machine, _; device: Board, rates: Out<nvmlUtilization_t>) {
        let busy = device.gpu(machine)?.utilization()?;
        rates.put(nvmlUtilization_t { gpu: busy, memory: busy })
    }

    read fn nvmlDeviceGetEncoderUtilization(machine, _; device: Board, utilization: Out<c_uint>, period: Out<c_uint>) {
        engine(machine, &device, &utilization, &period)
    }

    read fn nvmlDeviceGetDecoderUtilization(machine, _; device: Board, utilization: Out<c_uint>, period: Out<c_uint>) {
        engine(machine, &device, &utilization, &period)
    }

    read fn nvmlDeviceGetJpgUtilization(machine, _; device: Board, utilization: Out<c_uint>, period: Out<c_uint>) {
        engine(machine, &device, &utilization, &period)
    }

    read fn nvmlDeviceGetOfaUtilization(machine, _; device: Board, utilization: Out<c_uint>, period: Out<c_uint>) {
        engine(machine, &device, &utilization, &period)
    }

    read fn nvmlDeviceGetProcessUtilization(machine, _;
        device: Board, samples: Array<nvmlProcessUtilizationSample_t>, count: Out<c_uint>, since: c_ulonglong,
    ) {
        let found = device.gpu(machine)?.process_samples(since)?;
        if found.is_empty() {
            count.put(0)?;
            return Err(NOT_FOUND);
        }
        samples.fill(&count, found.into_iter().map(sample).collect())
    }

    read fn nvmlDeviceGetSamples(machine, _;
        device: Board, kind: nvmlSamplingType_t, _since: c_ulonglong, value: Out<nvmlValueType_t>, count: Out<c_uint>, _samples: Array<nvmlSample_t>,
    ) {
        if kind >= NVML_SAMPLINGTYPE_COUNT {
            return Err(INVALID);
        }
        if is_utilization(kind) {
            device.gpu(machine)?.utilization()?;
        }
        value.put(NVML_VALUE_TYPE_UNSIGNED_INT)?;
        count.put(0)?;
        Err(NOT_FOUND)
    }

    read fn nvmlDeviceGetEncoderStats(_, _; _device: Board, sessions: Out<c_uint>, frames: Out<c_uint>, latency: Out<c_uint>) {
        [sessions, frames, latency].iter().try_for_each(|out| out.put(0))
    }

    read fn nvmlDeviceGetEncoderSessions(_, _; _device: Board, count: Out<c_uint>, _sessions: Array<nvmlEncoderSessionInfo_t>) {
        count.put(0)
    }

    read fn nvmlDeviceGetFBCStats(_, _; _device: Board, stats: Out<nvmlFBCStats_t>) { stats.put(nvmlFBCStats_t::default()) }

    read fn nvmlDeviceGetFBCSessions(_, _; _device: Board, count: Out<c_uint>, _sessions: Array<nvmlFBCSessionInfo_t>) { count.put(0) }

    read fn nvmlDeviceGetAccountingMode(_, _; _device: Board, mode: Out<nvmlEnableState_t>) { mode.put(NVML_FEATURE_DISABLED) }

    // As recorded on an H200.
    read fn nvmlDeviceGetAccountingBufferSize(_, _; _device: Board, size: Out<c_uint>) { size.put(4000) }

    read fn nvmlDeviceGetAccountingPids(_, _; _device: Board, count: Out<c_uint>, _pids: Array<c_uint>) { count.put(0) }

    read fn nvmlDeviceGetAccountingStats(_, _; _device: Board, _pid: c_uint, _stats: Out<nvmlAccountingStats_t>) { Err(NOT_FOUND) }
}
