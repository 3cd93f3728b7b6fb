//! The driver branches: the symbols of each, and what each answers otherwise than the others.
//!
//! The tests of the libraries themselves need what `make sim` builds.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command as Child;

use gpushare_sim::catalog::{Branch, Model, Placement};
use gpushare_sim::engine::{Access, GpuConfig, Machine as State, Refusal};
use gpushare_sim::{Machine, MachineConfig, StartError};
use gpushare_sys::*;
use object::{Object, ObjectSymbol};
use support::{Nvml, call, chars, text};

mod support;

const NUMBERS: [u32; 6] = [470, 525, 535, 550, 580, 595];

/// The list of a branch, as the package holds it.
fn listed(branch: u32) -> BTreeSet<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("symbols/{branch}.txt"));
    let text = std::fs::read_to_string(path).unwrap();
    text.lines().filter(|line| !line.starts_with('#')).map(str::to_owned).collect()
}

fn config(branch: u32, models: &str) -> MachineConfig {
    let mut config = models.parse::<MachineConfig>().unwrap().under(branch).unwrap();
    config.gpus.iter_mut().for_each(|gpu: &mut GpuConfig| gpu.mig = true);
    config
}

fn state(branch: u32, model: &str) -> State {
    State::new(&config(branch, &format!("1x{model}"))).unwrap()
}

#[test]
fn each_branch_has_a_list_of_symbols_that_fits_its_age() {
    assert_eq!(Branch::all().iter().map(|branch| branch.number).collect::<Vec<_>>(), NUMBERS);
    assert_eq!(NUMBERS.map(|branch| listed(branch).len()), [255, 311, 332, 350, 404, 413]);
    assert_eq!(Branch::built().number, 580);
    let since = [
        ("nvmlDeviceSetMigMode", 470),
        ("nvmlDeviceGetComputeRunningProcesses_v2", 470),
        ("nvmlComputeInstanceGetInfo_v2", 470),
        ("nvmlDeviceGetComputeRunningProcesses_v3", 525),
        ("nvmlDeviceGetMemoryInfo_v2", 525),
        ("nvmlDeviceGetGpuInstanceProfileInfoV", 525),
        ("nvmlGpuInstanceGetComputeInstanceProfileInfoV", 525),
        ("nvmlGpuInstanceGetComputeInstancePossiblePlacements", 525),
        ("nvmlGpuInstanceCreateComputeInstanceWithPlacement", 525),
        ("nvmlDeviceGetSramEccErrorStatus", 535),
        ("nvmlDeviceGetGpuFabricInfoV", 550),
        ("nvmlSystemGetDriverBranch", 580),
        ("nvmlDeviceGetGpuInstanceProfileInfoByIdV", 580),
        ("nvmlDeviceGetVgpuSchedulerState_v2", 595),
    ];
    for (symbol, first) in since {
        let has = NUMBERS.map(|branch| listed(branch).contains(symbol));
        assert_eq!(has, NUMBERS.map(|branch| branch >= first), "{symbol}");
    }
    for [older, newer] in [[470, 525], [525, 535], [535, 550], [550, 580], [580, 595]] {
        let gone: Vec<_> = listed(older).difference(&listed(newer)).cloned().collect();
        let expected: &[&str] = match older {
            470 => &["nvmlRetry_NvRmControl"],
            525 => &["nvmlDeviceCcuGetStreamState", "nvmlDeviceCcuSetStreamState"],
            _ => &[],
        };
        assert_eq!(gone, expected, "from {older} to {newer}");
    }
}

/// By profile ID, the memory of an A100's profiles; `None` for an ID that the branch does not know.
fn memory(branch: u32, model: &str, ids: &[u32]) -> Vec<Option<u64>> {
    let machine = state(branch, model);
    let gpu = machine.gpu(0).unwrap();
    let memory = |id: &u32| match gpu.gpu_instance_profile_by_id(*id) {
        Ok(profile) => Some(profile.memory_mib),
        Err(refusal) => {
            assert_eq!(refusal, Refusal::InvalidArgument, "{id} is of this board");
            None
        }
    };
    ids.iter().map(memory).collect()
}

#[test]
fn the_profiles_of_an_a100_by_branch() {
    let ids = [19, 20, 15, 14, 9, 5, 0];
    let old = [4864, 4864, 0, 9856, 19968, 19968, 40192].map(|mib| (mib > 0).then_some(mib));
    assert_eq!(memory(470, "A100-SXM4-40GB", &ids), old);
    for branch in [525, 535, 550, 580, 595] {
        let new = [4864, 4864, 9984, 9984, 20096, 20096, 40320].map(Some);
        assert_eq!(memory(branch, "A100-SXM4-40GB", &ids), new, "{branch}");
    }
    assert_eq!(memory(550, "H200", &ids), [16384, 16384, 33024, 33024, 71168, 71168, 143104].map(Some));
    assert_eq!(memory(580, "H200", &ids), [16384, 16384, 33280, 33280, 71424, 71424, 143360].map(Some));
    assert_eq!(memory(470, "A30", &[6]), [None], "2g+me came with 525");
    assert_eq!(memory(525, "A30", &[6]), [Some(11968)]);
    assert_eq!(memory(550, "RTX-PRO-6000", &[47, 65, 67, 5]), [None, None, None, Some(48512)]);
    assert_eq!(memory(580, "RTX-PRO-6000", &[47, 65, 67]), [Some(24192); 3]);
}

/// What asking for each kind answers until the last that the branch knows.
fn kinds(ask: impl Fn(u32) -> Result<(), Refusal>) -> (usize, Vec<u32>) {
    let answers: Vec<_> = (0..32).map(ask).collect();
    let known = answers.iter().position(|answer| *answer == Err(Refusal::InvalidArgument)).unwrap();
    assert!(answers[known..].iter().all(|answer| *answer == Err(Refusal::InvalidArgument)));
    assert!(answers[..known].iter().all(|answer| matches!(answer, Ok(()) | Err(Refusal::NotSupported))));
    (known, (0..32).filter(|kind| answers[*kind as usize].is_ok()).collect())
}

#[test]
fn each_branch_knows_its_kinds_of_profiles() {
    for (branch, gpu_kinds, compute_kinds) in
        [(470, 8, 7), (525, 10, 8), (535, 10, 8), (550, 10, 8), (580, 17, 8), (595, 18, 8)]
    {
        let mut machine = state(branch, "A100-SXM4-40GB");
        let gpu = machine.gpu_mut(0).unwrap();
        let offered = if branch == 470 { vec![0, 1, 2, 3, 4, 7] } else { vec![0, 1, 2, 3, 4, 7, 9] };
        assert_eq!(kinds(|kind| gpu.gpu_instance_profile(kind).map(drop)), (gpu_kinds, offered), "{branch}");
        let gi = gpu.create_gpu_instance(Access::Admin, 0, None).unwrap();
        let (known, offered) = kinds(|kind| gpu.compute_instance_profile(gi, kind, 0).map(drop));
        assert_eq!((known, offered), (compute_kinds, vec![0, 1, 2, 3, 4]), "{branch}");
    }
}

#[test]
fn questions_while_mig_is_off_are_answered_from_550_on() {
    for branch in NUMBERS {
        let config = "1xA100-SXM4-40GB+1xH100-SXM5-80GB".parse::<MachineConfig>().unwrap().under(branch).unwrap();
        for gpu in State::new(&config).unwrap().gpus() {
            let answered = branch >= 550;
            assert_eq!(gpu.gpu_instance_profile(0).is_ok(), answered, "{branch}");
            assert_eq!(gpu.gpu_instance_placements(9).is_ok(), answered, "{branch}");
            assert_eq!(gpu.gpu_instance_capacity(9), if answered { Ok(2) } else { Err(Refusal::NotSupported) });
            assert_eq!(gpu.gpu_instances(Access::Admin, 9), Ok(vec![]), "{branch}");
        }
    }
}

#[test]
fn three_slices_lie_beside_four_on_all_branches_but_the_oldest() {
    for branch in NUMBERS {
        for [first, second] in [[9, 5], [5, 9]] {
            let mut machine = state(branch, "A100-SXM4-40GB");
            let gpu = machine.gpu_mut(0).unwrap();
            let at = |profile| Some(Placement::new(if profile == 9 { 4 } else { 0 }, 4));
            gpu.create_gpu_instance(Access::Admin, first, at(first)).unwrap();
            let refused = branch == 470;
            assert_eq!(gpu.gpu_instance_capacity(second), Ok(u32::from(!refused)), "{branch}");
            let created = gpu.create_gpu_instance(Access::Admin, second, at(second));
            assert_eq!(created.err(), refused.then_some(Refusal::InsufficientResources), "{branch}");
            assert!(gpu.create_gpu_instance(Access::Admin, 9, None).is_ok() == (refused && first == 9), "two of three");
        }
    }
}

#[test]
fn a_machine_that_was_written_down_is_of_the_same_branch() {
    for branch in NUMBERS {
        let machine = state(branch, "A100-SXM4-40GB");
        let text = serde_json::to_string(&machine).unwrap();
        let read: State = serde_json::from_str(&text).unwrap();
        assert_eq!(read, machine);
        assert_eq!(read.gpus()[0].model().branch.number, branch);
        assert_eq!(read.gpu(0).unwrap().gpu_instance_profile_by_id(15).is_ok(), branch > 470);
    }
}

#[test]
fn a_driver_of_no_known_branch_is_refused() {
    for version in ["570.169", "580", "", "x.1", "+580.1", "0580.1", "1.2.3"] {
        let config = MachineConfig { driver_version: version.to_owned(), ..MachineConfig::default() };
        let error = Machine::with_config(&config).unwrap_err().to_string();
        let expected = format!(
            "driver {version:?} cannot be simulated: allowed are versions of the branches 470, 525, 535, 550, 580, 595"
        );
        assert!(error.starts_with(&expected), "{error}");
    }
    assert!(
        MachineConfig::default().under(579).unwrap_err().to_string().contains("driver \"579\" cannot be simulated")
    );
}

#[test]
fn the_cuda_version_is_the_branchs_unless_it_is_given() {
    let cuda = |text: &str| State::new(&MachineConfig::from_toml(text).unwrap()).unwrap().cuda_version();
    let gpu = "[[gpu]]\nmodel = \"A30\"\n";
    assert_eq!(cuda(&format!("driver_version = \"535.104.05\"\n{gpu}")), 12020);
    assert_eq!(cuda(&format!("driver_version = \"535.104.05\"\ncuda_version = 12010\n{gpu}")), 12010);
    assert_eq!(cuda(gpu), 13000);
}

#[test]
fn models_are_the_same_under_every_branch_but_for_their_profiles() {
    for model in Model::all() {
        for branch in Branch::all() {
            let other = model.under(branch);
            assert_eq!((other.key, other.branch, &other.name), (model.key, branch, &model.name));
            assert!(std::ptr::eq(other.under(Branch::built()), model));
            let names = |model: &Model| -> BTreeMap<u32, String> {
                let profiles = model.mig.iter().flat_map(|mig| &mig.profiles);
                profiles.map(|profile| (profile.kind, profile.name.clone())).collect()
            };
            let mut expected = names(model);
            expected.retain(|kind, _| *kind < branch.gpu_instance_profile_kinds);
            assert_eq!(names(other), expected, "{} under {branch:?}", model.key);
        }
    }
}

/// Not a test but what those below run, with libraries that the environment names.
#[test]
fn child() {
    let Some(branch) = std::env::var_os("GPUSHARE_SIM_TEST_CHILD") else { return };
    let branch = branch.to_str().unwrap().parse().unwrap();
    match Machine::with_config(&config(branch, "1xA30")) {
        Ok(machine) => {
            let nvml = Nvml::of(machine);
            println!("init {}", call!(nvml.nvmlInit_v2()));
        }
        Err(error @ StartError::NotBuilt { .. }) => println!("not built: {error}"),
        Err(error) => println!("other: {error}"),
    }
}

fn child_says(branch: u32, environment: &[(&str, &str)]) -> String {
    let mut child = Child::new(std::env::current_exe().unwrap());
    child.args(["--exact", "child", "--nocapture"]).env("GPUSHARE_SIM_TEST_CHILD", branch.to_string());
    let output = child.envs(environment.iter().copied()).output().unwrap();
    [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned()).concat()
}

#[test]
fn a_branch_that_was_not_built_is_asked_for() {
    let said = child_says(535, &[("GPUSHARE_SIM_LIBRARY", "/nowhere/libnvidia-ml.so.1")]);
    let expected = "not built: the simulated driver of branch 535 was not found; tried /nowhere/535/libnvidia-ml.so.1; `make sim` builds it";
    assert!(said.contains(expected), "{said}");
}

#[test]
fn a_library_is_the_driver_of_no_other_branch() {
    // The library of 580 in the place of that of 535.
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("535");
    std::fs::create_dir(&place).unwrap();
    std::fs::copy(Machine::start().unwrap().library_path(), place.join("libnvidia-ml.so.1")).unwrap();
    let chosen = folder.path().join("libnvidia-ml.so.1");
    let said = child_says(535, &[("GPUSHARE_SIM_LIBRARY", chosen.to_str().unwrap())]);
    assert!(said.contains("init 9"), "{said}");
    assert!(said.contains("this library is a driver of branch 580, and the machine has one of branch 535"), "{said}");
}

fn start(branch: u32, models: &str) -> Nvml {
    let nvml = Nvml::of(Machine::with_config(&config(branch, models)).unwrap());
    // SAFETY: the type is the header's.
    assert_eq!(unsafe { nvml.function::<signatures::nvmlInit_v2>("nvmlInit_v2")() }, NVML_SUCCESS);
    nvml
}

#[test]
#[ignore = "needs the libraries that `make sim` builds"]
fn each_library_exports_the_symbols_of_its_branch_and_no_others() {
    for branch in NUMBERS {
        let machine = Machine::with_config(&config(branch, "1xA30")).unwrap();
        let bytes = std::fs::read(machine.library_path()).unwrap();
        let elf = object::File::parse(&*bytes).unwrap();
        let defined = elf.dynamic_symbols().filter(|symbol| symbol.is_definition());
        let exported: BTreeSet<_> = defined.map(|symbol| symbol.name().unwrap().to_owned()).collect();
        assert_eq!(exported, listed(branch), "{branch}");
        let soname = b"\0libnvidia-ml.so.1\0";
        assert!(bytes.windows(soname.len()).any(|window| window == soname), "{branch}");
    }
}

#[test]
#[ignore = "needs the libraries that `make sim` builds"]
fn each_library_says_what_it_is() {
    let versions = [
        (470, "470.256.02", "11.470.256.02", 11040),
        (525, "525.147.05", "12.525.147.05", 12000),
        (535, "535.309.01", "12.535.309.01", 12020),
        (550, "550.163.01", "12.550.163.01", 12040),
        (580, "580.126.09", "13.580.126.09", 13000),
        (595, "595.45.04", "13.595.45.04", 13020),
    ];
    for (branch, driver, nvml_version, cuda) in versions {
        let nvml = start(branch, "1xA30");
        assert_eq!(text(|buffer, length| call!(nvml.nvmlSystemGetDriverVersion(buffer, length))).unwrap(), driver);
        assert_eq!(text(|buffer, length| call!(nvml.nvmlSystemGetNVMLVersion(buffer, length))).unwrap(), nvml_version);
        let mut found = 0;
        assert_eq!(call!(nvml.nvmlSystemGetCudaDriverVersion_v2(&mut found)), NVML_SUCCESS);
        assert_eq!(found, cuda);
    }
}

#[test]
#[ignore = "needs the libraries that `make sim` builds"]
fn each_library_fills_the_structs_that_its_branch_has() {
    for branch in [525, 535, 550, 580, 595] {
        let nvml = start(branch, "1xA100-SXM4-40GB");
        let gpu = nvml.gpu(0);
        let mut info = nvmlGpuInstanceProfileInfo_v2_t { version: 0x0200_0098, ..Default::default() };
        assert_eq!(call!(nvml.nvmlDeviceGetGpuInstanceProfileInfoV(gpu, 2, &mut info)), NVML_SUCCESS);
        assert_eq!((info.id, chars(&info.name).as_str()), (9, "MIG 3g.20gb"));
        info.version = 0x0300_0098;
        let third = if branch >= 550 { NVML_SUCCESS } else { NVML_ERROR_INVALID_ARGUMENT };
        assert_eq!(call!(nvml.nvmlDeviceGetGpuInstanceProfileInfoV(gpu, 2, &mut info)), third, "{branch}");
        let gi = nvml.create_gi(gpu, 9).unwrap();
        let mut room = [0_u32; 35];
        for (version, expected) in [(0x0200_0088, NVML_SUCCESS), (0x0300_008c, third)] {
            room[0] = version;
            let info = room.as_mut_ptr().cast();
            assert_eq!(call!(nvml.nvmlGpuInstanceGetComputeInstanceProfileInfoV(gi, 0, 0, info)), expected, "{branch}");
        }
    }
}

#[test]
#[ignore = "needs the libraries that `make sim` builds"]
fn faults_name_the_functions_of_the_librarys_branch() {
    let nvml = start(470, "1xA30");
    let set = |text: &str| nvml.machine.set_faults(gpushare_sim::Fault::list(text).unwrap());
    assert!(set("nvmlDeviceGetComputeRunningProcesses_v2#1=UNKNOWN").is_ok());
    let error = set("nvmlDeviceGetComputeRunningProcesses_v3#1=UNKNOWN").unwrap_err().to_string();
    assert!(error.contains("names no function that driver 470 has"), "{error}");
}
