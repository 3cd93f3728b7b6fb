//! What the tests of shared state have in common: clients of a library in processes of their own.
#![allow(dead_code)] // Each test program uses a part.

use std::ffi::{OsStr, c_uint};
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Output, Stdio};
use std::{env, fs, ptr};

use gpushare_sim::Machine;
use gpushare_sys::*;
use tempfile::TempDir;

use crate::support::{answer, call};

/// The variables with which a test tells a child process what to do, and with which library.
const ROLE: &str = "GPUSHARE_SIM_TEST_ROLE";
const LIBRARY: &str = "GPUSHARE_SIM_TEST_LIBRARY";

/// A profile ID of A100: one compute slice, of which seven fit.
pub(crate) const ONE_SLICE: c_uint = 19;

/// A library in a folder that every user may look into, with an empty `state/` that only the owner may write in.
pub(crate) struct Installed {
    folder: TempDir,
}

impl Installed {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::copy(Machine::start().unwrap().library_path(), folder.path().join("libnvidia-ml.so.1")).unwrap();
        fs::create_dir(folder.path().join("state")).unwrap();
        let installed = Self { folder };
        installed.allow("", 0o755);
        installed.allow("state", 0o755);
        installed
    }

    /// With a file beside the library.
    pub(crate) fn described(text: &str) -> Self {
        let installed = Self::new();
        fs::write(installed.path("machine.toml"), text).unwrap();
        installed
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn allow(&self, name: &str, mode: u32) {
        fs::set_permissions(self.path(name), fs::Permissions::from_mode(mode)).unwrap();
    }

    /// This test program's `child` in this role.
    pub(crate) fn role(&self, role: &str) -> Command {
        command(role, &self.path("libnvidia-ml.so.1"))
    }
}

/// This test program's `child` in this role, as a process that finds the machine by its environment.
pub(crate) fn role(machine: &Machine, role: &str) -> Command {
    let mut command = command(role, &machine.library_path());
    command.envs(machine.environment());
    command
}

fn command(role: &str, library: &Path) -> Command {
    let mut command = Command::new(env::current_exe().unwrap());
    command.args(["--exact", "child", "--nocapture", "--test-threads", "1"]).env(ROLE, role).env(LIBRARY, library);
    for variable in ["MACHINE", "ROOT", "STATE"] {
        command.env_remove(format!("GPUSHARE_SIM_{variable}"));
    }
    command
}

/// The role of this process; `None` in the test program itself.
pub(crate) fn own_role() -> Option<String> {
    env::var(ROLE).ok()
}

/// What a child said: the lines that begin with `> `, without it.
pub(crate) fn said(output: &Output) -> Vec<String> {
    let text = String::from_utf8_lossy(&output.stdout);
    text.lines().filter_map(|line| line.strip_prefix("> ")).map(str::to_owned).collect()
}

/// What the library wrote to a child's error output.
pub(crate) fn complaints(output: &Output) -> Vec<String> {
    let text = String::from_utf8_lossy(&output.stderr);
    text.lines().filter(|line| line.starts_with("gpushare-sim: ")).map(str::to_owned).collect()
}

/// Says something to the test.
macro_rules! say {
    ($($word:tt)*) => {{
        let line = format!("\n> {}\n", format_args!($($word)*));
        std::io::Write::write_all(&mut std::io::stdout(), line.as_bytes()).unwrap();
    }};
}
pub(crate) use say;

/// Waits until the test lets this process go on; whether it is to.
pub(crate) fn told_to_go_on() -> bool {
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).unwrap() > 0
}

/// A child that waits to be told.
pub(crate) struct Talking {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

impl Talking {
    pub(crate) fn start(mut command: Command) -> Self {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (input, output) = (child.stdin.take(), BufReader::new(child.stdout.take().unwrap()));
        Self { child, input, output }
    }

    pub(crate) fn go_on(&mut self) {
        self.input.as_mut().unwrap().write_all(b"\n").unwrap();
    }

    /// The next thing it says; `None` once it ended.
    pub(crate) fn hear(&mut self) -> Option<String> {
        loop {
            let mut line = String::new();
            // A process that is killed may leave half a line, which was not said.
            if self.output.read_line(&mut line).unwrap() == 0 || !line.ends_with('\n') {
                return None;
            }
            if let Some(said) = line.trim_end_matches('\n').strip_prefix("> ") {
                return Some(said.to_owned());
            }
        }
    }

    /// Ends it as a crash does.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
    }

    pub(crate) fn end(mut self) {
        drop(self.input.take());
        assert!(self.child.wait().unwrap().success());
    }
}

impl Drop for Talking {
    fn drop(&mut self) {
        // Both fail where it ended before, which is what is wanted.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The functions of the library that the test named.
pub(crate) struct Client {
    functions: libloading::Library,
}

impl Client {
    /// Before `nvmlInit`.
    pub(crate) fn cold() -> Self {
        Self::of(env::var_os(LIBRARY).expect("a test runs this process"))
    }

    pub(crate) fn of(library: impl AsRef<OsStr>) -> Self {
        // SAFETY: the library is the simulator's.
        let functions = unsafe { libloading::Library::new(library.as_ref()) }.expect("the library loads");
        Self { functions }
    }

    pub(crate) fn start() -> Self {
        let client = Self::cold();
        assert_eq!(call!(client.nvmlInit_v2()), NVML_SUCCESS);
        client
    }

    /// The address of a function, as the type that the caller names.
    ///
    /// # Safety
    ///
    /// `F` is the function's type.
    pub(crate) unsafe fn function<F: Copy>(&self, name: &str) -> F {
        // SAFETY: the caller's promise.
        *unsafe { self.functions.get::<F>(name) }.unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    pub(crate) fn count(&self) -> Result<c_uint, nvmlReturn_t> {
        let mut count = 0;
        answer(call!(self.nvmlDeviceGetCount_v2(&mut count)), count)
    }

    pub(crate) fn gpu(&self, index: c_uint) -> nvmlDevice_t {
        let mut gpu = ptr::null_mut();
        assert_eq!(call!(self.nvmlDeviceGetHandleByIndex_v2(index, &mut gpu)), NVML_SUCCESS);
        gpu
    }

    pub(crate) fn set_mig(&self, gpu: c_uint, mode: c_uint) -> (nvmlReturn_t, nvmlReturn_t) {
        let mut activation = NVML_ERROR_UNKNOWN;
        (call!(self.nvmlDeviceSetMigMode(self.gpu(gpu), mode, &mut activation)), activation)
    }

    pub(crate) fn create(&self, gpu: c_uint, profile: c_uint) -> Result<nvmlGpuInstance_t, nvmlReturn_t> {
        let mut gi = ptr::null_mut();
        answer(call!(self.nvmlDeviceCreateGpuInstance(self.gpu(gpu), profile, &mut gi)), gi)
    }

    pub(crate) fn destroy(&self, gi: nvmlGpuInstance_t) -> Result<(), nvmlReturn_t> {
        answer(call!(self.nvmlGpuInstanceDestroy(gi)), ())
    }

    /// The GPU instances of one profile.
    pub(crate) fn list(&self, gpu: c_uint, profile: c_uint) -> Result<Vec<nvmlGpuInstance_t>, nvmlReturn_t> {
        let (mut count, mut found) = (0, vec![ptr::null_mut(); 16]);
        let code = call!(self.nvmlDeviceGetGpuInstances(self.gpu(gpu), profile, found.as_mut_ptr(), &mut count));
        found.truncate(count as usize);
        answer(code, found)
    }

    /// ID, first slice and number of slices.
    pub(crate) fn place(&self, gi: nvmlGpuInstance_t) -> Result<[c_uint; 3], nvmlReturn_t> {
        let mut info = nvmlGpuInstanceInfo_t::default();
        let code = call!(self.nvmlGpuInstanceGetInfo(gi, &mut info));
        answer(code, [info.id, info.placement.start, info.placement.size])
    }
}
