//! What a loaded library weighs, and how long it takes to load: each in a process of its own, which this program starts as itself.

use std::any::Any;
use std::ffi::c_void;
use std::path::Path;
use std::process::Command;
use std::time::Instant;
use std::{env, fs};

use gpushare::Nvml;
use gpushare::sys::LIBRARY_VARIABLE;
use gpushare_benches::OURS;
use gpushare_sim::Machine;
use libloading::Library;

use crate::Outcome;
use crate::driver::Driver;
use crate::measure::{Bench, contender};

/// The argument after which this program loads one library and says what that took.
pub(crate) const LOADED: &str = "loaded";
/// Names the C library; without it that is left out.
const C_LIBRARY: &str = "GPUSHARE_BENCH_C_LIBRARY";

pub(crate) fn run(bench: &mut Bench) -> Outcome {
    let machine = Machine::start()?;
    let mut names = vec!["NVML", OURS, "nvml-wrapper"];
    match env::var_os(C_LIBRARY) {
        Some(_) => names.insert(2, "libgpushare.so"),
        None => println!("memory: libgpushare.so is left out, because {C_LIBRARY} does not name it"),
    }
    for (case, unit, which) in [("resident memory", "KiB", 0), ("loading and initialising", "ms", 1)] {
        let sample = |name: &'static str| {
            let path = machine.library_path();
            move || -> Outcome<f64> {
                let done = Command::new(env::current_exe()?).args([LOADED, name]).arg(&path).output()?;
                let said = String::from_utf8_lossy(&done.stdout).into_owned();
                let number = said.split_whitespace().nth(which).and_then(|number| number.parse().ok());
                Ok(number.ok_or_else(|| format!("it said {said:?} {}", String::from_utf8_lossy(&done.stderr)))?)
            }
        };
        let contenders = names.iter().map(|name| contender(name, sample(name))).collect();
        bench.compare(["memory", case, unit], 15, contenders)?;
    }
    Ok(())
}

/// Loads a library, counts GPUs by it, and prints the KiB by which the process grew and the ms that it took.
pub(crate) fn loaded(library: &str, machine: &Path) -> Outcome {
    let (before, begin) = (resident()?, Instant::now());
    // SAFETY: the file is the simulator's library, whose NVML names are NVML functions, and whose loading runs no code.
    let open = || unsafe { gpushare::sys::Library::open_path(machine) };
    // What is loaded stays until the memory is measured.
    let kept: Box<dyn Any> = match library {
        "NVML" => Box::new(count_by_driver(open()?)?),
        OURS => Box::new(count(Nvml::builder().library(open()?).init()?)?),
        "nvml-wrapper" => {
            let nvml = nvml_wrapper::Nvml::builder().lib_path(machine.as_os_str()).init()?;
            nvml.device_count()?;
            Box::new(nvml)
        }
        _ => Box::new(count_by_c(env::var_os(C_LIBRARY).ok_or(C_LIBRARY)?.as_ref(), machine)?),
    };
    let took = begin.elapsed();
    println!("{} {}", resident()? - before, took.as_secs_f64() * 1e3);
    drop(kept);
    Ok(())
}

fn count(nvml: Nvml) -> Outcome<Nvml> {
    nvml.gpu_count()?;
    Ok(nvml)
}

fn count_by_driver(library: gpushare::sys::Library) -> Outcome<Driver> {
    let driver = Driver::new(library);
    driver.init()?;
    driver.count()?;
    Ok(driver)
}

fn count_by_c(library: &Path, machine: &Path) -> Outcome<Library> {
    type Load = unsafe extern "C" fn(*mut *mut c_void, *mut *mut c_void) -> i32;
    type Count = unsafe extern "C" fn(*const c_void, *mut u32, *mut *mut c_void) -> i32;
    // SAFETY: this process has one thread.
    unsafe { env::set_var(LIBRARY_VARIABLE, machine) };
    // SAFETY: loading libgpushare.so runs no code; the functions have these types in gpushare.h, the pointers are to locals, and NULL takes
    // no error.
    unsafe {
        let library = Library::new(library)?;
        let (mut nvml, mut count) = (std::ptr::null_mut(), 0);
        let code = library.get::<Load>("gpushare_nvml_load")?(&mut nvml, std::ptr::null_mut());
        if code != 0 || library.get::<Count>("gpushare_nvml_gpu_count")?(nvml, &mut count, std::ptr::null_mut()) != 0 {
            return Err(format!("libgpushare.so counts no GPUs: {code}").into());
        }
        Ok(library)
    }
}

/// The KiB of this process that are in memory.
fn resident() -> Outcome<i64> {
    let rollup = fs::read_to_string("/proc/self/smaps_rollup")?;
    let line = rollup.lines().find_map(|line| line.strip_prefix("Rss:")).ok_or("no Rss in smaps_rollup")?;
    Ok(line.trim().trim_end_matches("kB").trim().parse()?)
}
