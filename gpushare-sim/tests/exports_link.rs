//! What lies around a board: its neighbours, the CPUs, and what a simulated machine has none of.

use std::ffi::{c_uint, c_ulong};
use std::ptr;

use gpushare_sim::engine::Access;
use gpushare_sys::*;
use support::{Nvml, call, number};

mod support;

#[test]
fn neighbours() {
    let nvml = Nvml::start("3xA100-SXM4-40GB+1xT4");
    let gpus = [0, 1, 2, 3].map(|index| nvml.gpu(index));
    let level = |other| {
        number::<c_uint>(|level| call!(nvml.nvmlDeviceGetTopologyCommonAncestor(gpus[0], gpus[other], level))).unwrap()
    };
    assert_eq!(
        [0, 1, 2, 3].map(level),
        [NVML_TOPOLOGY_INTERNAL, NVML_TOPOLOGY_HOSTBRIDGE, NVML_TOPOLOGY_NODE, NVML_TOPOLOGY_NODE]
    );
    let nearest = |level, room: c_uint| {
        let (mut count, mut found) = (room, [ptr::null_mut(); 4]);
        let array = if room == 0 { ptr::null_mut() } else { found.as_mut_ptr() };
        assert_eq!(call!(nvml.nvmlDeviceGetTopologyNearestGpus(gpus[0], level, &mut count, array)), NVML_SUCCESS);
        (count, found[0])
    };
    assert_eq!(nearest(NVML_TOPOLOGY_HOSTBRIDGE, 0), (1, ptr::null_mut()), "the count query");
    assert_eq!(nearest(NVML_TOPOLOGY_HOSTBRIDGE, 4), (1, gpus[1]));
    assert_eq!(nearest(NVML_TOPOLOGY_NODE, 1), (1, gpus[2]), "no more than there is room for");
    assert_eq!(nearest(NVML_TOPOLOGY_SINGLE, 4).0, 0);
    let mut count = 0;
    assert_eq!(call!(nvml.nvmlSystemGetTopologyGpuSet(0, &mut count, ptr::null_mut())), NVML_SUCCESS);
    assert_eq!(count, 4);
    let same = |other| number::<i32>(|same| call!(nvml.nvmlDeviceOnSameBoard(gpus[0], gpus[other], same))).unwrap();
    assert_eq!([0, 1].map(same), [1, 0]);

    let peers = |other: usize, index| {
        number::<c_uint>(|status| call!(nvml.nvmlDeviceGetP2PStatus(gpus[0], gpus[other], index, status)))
    };
    let unable = Ok(NVML_P2P_STATUS_GPU_NOT_SUPPORTED);
    assert_eq!((peers(1, 2), peers(3, 2)), (Ok(NVML_P2P_STATUS_OK), unable));
    assert_eq!([peers(0, 2), peers(1, 5)], [Err(NVML_ERROR_INVALID_ARGUMENT); 2]);
    nvml.set_mig(gpus[1], 1);
    assert_eq!(peers(1, 2), unable, "MIG mode ends it");
}

#[test]
fn cpus_and_nodes_are_sets_of_bits() {
    let nvml = Nvml::start("1xT4");
    let gpu = nvml.gpu(0);
    let mut words = [c_ulong::MAX; 64];
    assert_eq!(call!(nvml.nvmlDeviceGetCpuAffinity(gpu, 64, words.as_mut_ptr())), NVML_SUCCESS);
    let cpus = words.iter().map(|word| word.count_ones()).sum::<u32>();
    // SAFETY: the function takes a number and gives one.
    assert_eq!(i64::from(cpus), unsafe { libc::sysconf(libc::_SC_NPROCESSORS_CONF) });
    assert_eq!(words[0].trailing_ones(), cpus.min(64), "the first ones");
    assert_eq!(call!(nvml.nvmlDeviceGetCpuAffinity(gpu, 0, words.as_mut_ptr())), NVML_ERROR_INVALID_ARGUMENT);
    assert_eq!(
        call!(nvml.nvmlDeviceGetCpuAffinityWithinScope(gpu, 64, words.as_mut_ptr(), 2)),
        NVML_ERROR_INVALID_ARGUMENT
    );
    let mut nodes = [c_ulong::MAX; 3];
    assert_eq!(call!(nvml.nvmlDeviceGetMemoryAffinity(gpu, 2, nodes.as_mut_ptr(), 0)), NVML_SUCCESS);
    assert_eq!(nodes, [1, 0, c_ulong::MAX]);
}

#[test]
fn confidential_computing_is_off() {
    let nvml = Nvml::mig("1xA100-SXM4-40GB");
    let gpu = nvml.gpu(0);
    let mut state = nvmlConfComputeSystemState_t { environment: 9, ccFeature: 9, devToolsMode: 9 };
    assert_eq!(call!(nvml.nvmlSystemGetConfComputeState(&mut state)), NVML_SUCCESS);
    assert_eq!(state, nvmlConfComputeSystemState_t::default());
    let mut info = nvmlConfComputeMemSizeInfo_t::default();
    assert_eq!(call!(nvml.nvmlDeviceGetConfComputeMemSizeInfo(gpu, &mut info)), NVML_SUCCESS);
    assert_eq!((info.protectedMemSizeKib, info.unprotectedMemSizeKib), (0, 40960 << 10));
    nvml.create_gi(gpu, 19).unwrap();
    nvml.machine.set_access(Access::Unprivileged).unwrap();
    assert_eq!(call!(nvml.nvmlDeviceGetConfComputeMemSizeInfo(gpu, &mut info)), NVML_ERROR_NO_PERMISSION);
}

#[test]
fn what_the_machine_has_none_of() {
    let nvml = Nvml::start("1xT4");
    assert_eq!(number(|count| call!(nvml.nvmlUnitGetCount(count))), Ok(0_u32));
    assert_eq!(number(|count| call!(nvml.nvmlSystemGetHicVersion(count, ptr::null_mut()))), Ok(0_u32));
    assert_eq!(number(|count| call!(nvml.nvmlGetExcludedDeviceCount(count))), Ok(0_u32));
    let mut unit = ptr::null_mut();
    assert_eq!(call!(nvml.nvmlUnitGetHandleByIndex(0, &mut unit)), NVML_ERROR_INVALID_ARGUMENT);
    let gpu = nvml.gpu(0);
    for count in [
        number::<c_uint>(|count| call!(nvml.nvmlDeviceGetAccountingPids(gpu, count, ptr::null_mut()))),
        number::<c_uint>(|count| call!(nvml.nvmlDeviceGetEncoderSessions(gpu, count, ptr::null_mut()))),
        number::<c_uint>(|count| call!(nvml.nvmlDeviceGetFBCSessions(gpu, count, ptr::null_mut()))),
    ] {
        assert_eq!(count, Ok(0));
    }
    let mut stats = nvmlAccountingStats_t::default();
    assert_eq!(call!(nvml.nvmlDeviceGetAccountingStats(gpu, 1, &mut stats)), NVML_ERROR_NOT_FOUND);
    let mut fabric = nvmlGpuFabricInfo_t::default();
    assert_eq!(call!(nvml.nvmlDeviceGetGpuFabricInfo(gpu, &mut fabric)), NVML_SUCCESS);
    assert_eq!((fabric.state, fabric.status), (NVML_GPU_FABRIC_STATE_NOT_SUPPORTED as _, NVML_SUCCESS));
}
