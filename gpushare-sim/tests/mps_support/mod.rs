//! What the tests of MPS have in common: each runs on the simulated control program of several branches, and on NVIDIA's own of those
//! branches of which `GPUSHARE_NVIDIA_TOOLS` names a folder with `nvidia-cuda-mps-control-BRANCH`.
#![allow(dead_code)] // Each test program uses a part.

use std::fs::{self, File, Permissions};
use std::io::{Read, Write};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use std::{env, thread};

use rustix::process::{Flock, FlockType, Pid, Signal, fcntl_getlk, kill_process};
use tempfile::TempDir;

/// The branches whose control programs are told apart.
pub(crate) const BRANCHES: [u32; 5] = [470, 535, 550, 555, 580];
pub(crate) const REFUSED: &str = "Cannot send command to MPS control daemon process\n";
pub(crate) const NOT_FOUND: &str = "Cannot find MPS control daemon process\n";
/// Held while programs are written and while they are started: a process that begins meanwhile would keep the file open to write.
static PROGRAMS: Mutex<()> = Mutex::new(());
/// Far longer than anything takes.
const PATIENCE: Duration = Duration::from_secs(60);

/// A control program.
#[derive(Debug, Clone)]
pub(crate) struct Program {
    pub(crate) branch: u32,
    pub(crate) simulated: bool,
    path: PathBuf,
}

impl Program {
    pub(crate) fn simulated(branch: u32) -> Self {
        Self { branch, simulated: true, path: env!("CARGO_BIN_EXE_nvidia-cuda-mps-control").into() }
    }

    /// Every program that is there.
    pub(crate) fn all() -> Vec<Self> {
        let mut programs: Vec<_> = BRANCHES.into_iter().map(Self::simulated).collect();
        if let Some(folder) = env::var_os("GPUSHARE_NVIDIA_TOOLS").filter(|folder| !folder.is_empty()) {
            let named = |branch| Path::new(&folder).join(format!("nvidia-cuda-mps-control-{branch}"));
            let found = BRANCHES.into_iter().map(|branch| (branch, named(branch))).filter(|(_, path)| path.is_file());
            let before = programs.len();
            programs.extend(found.map(|(branch, path)| Self { branch, simulated: false, path }));
            assert!(programs.len() > before, "GPUSHARE_NVIDIA_TOOLS names a folder without NVIDIA's program");
        }
        programs
    }
}

/// What a front-end came to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Said {
    pub(crate) output: String,
    pub(crate) error: String,
    pub(crate) code: Option<i32>,
}

impl Said {
    pub(crate) fn ok(output: &str) -> Self {
        Self { output: output.to_owned(), error: String::new(), code: Some(0) }
    }

    pub(crate) fn failed(error: &str) -> Self {
        Self { output: String::new(), error: error.to_owned(), code: Some(1) }
    }
}

impl From<Output> for Said {
    fn from(Output { stdout, stderr, status }: Output) -> Self {
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        Self { output: text(stdout), error: text(stderr), code: status.code() }
    }
}

/// A folder with a program and everything that its daemon needs and makes.
pub(crate) struct Site {
    pub(crate) program: Program,
    folder: TempDir,
    variables: Vec<(String, String)>,
}

impl Site {
    pub(crate) fn new(program: &Program) -> Self {
        // Short, because the path of a pipe folder may not be long.
        let folder = tempfile::Builder::new().prefix("mps").tempdir_in("/tmp").unwrap();
        fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
        fs::create_dir(folder.path().join("bin")).unwrap();
        // Copies: the simulated programs may lie where another user may not look.
        let writing = programs();
        fs::copy(&program.path, folder.path().join("bin/nvidia-cuda-mps-control")).unwrap();
        let client = env!("CARGO_BIN_EXE_gpushare-sim-mps-client");
        fs::copy(client, folder.path().join("bin/gpushare-sim-mps-client")).unwrap();
        drop(writing);
        Self { program: program.clone(), folder, variables: Vec::new() }
            .with("GPUSHARE_SIM_MPS_DRIVER", &format!("{}.0.0", program.branch))
    }

    /// With a variable in the environment of all that is started here.
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    /// With a server that does not become ready, whoever starts it.
    pub(crate) fn with_sleeping_server(self) -> Self {
        self.install_server();
        self.with("GPUSHARE_SIM_MPS_SERVER_FAULT", "never-ready")
    }

    pub(crate) fn with_server(self) -> Self {
        self.install_server();
        self
    }

    fn install_server(&self) {
        let server = env!("CARGO_BIN_EXE_nvidia-cuda-mps-server");
        let _writing = programs();
        fs::copy(server, self.path("bin/nvidia-cuda-mps-server")).unwrap();
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn pipe(&self, name: &str) -> PathBuf {
        self.path("pipe").join(name)
    }

    pub(crate) fn command(&self, program: &str) -> Command {
        let mut command = Command::new(self.path("bin").join(program));
        let foreign = env::vars_os().filter(|(name, _)| {
            let name = name.to_string_lossy();
            name.starts_with("CUDA_") || name.starts_with("GPUSHARE_")
        });
        for (name, _) in foreign {
            command.env_remove(name);
        }
        command.env("PATH", self.path("bin")).env("CUDA_MPS_PIPE_DIRECTORY", self.path("pipe"));
        command.env("CUDA_MPS_LOG_DIRECTORY", self.path("log")).stdin(Stdio::null());
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        command
    }

    pub(crate) fn control(&self, arguments: &[&str]) -> Command {
        let mut command = self.command("nvidia-cuda-mps-control");
        command.args(arguments);
        command
    }

    /// Runs a program to its end, with this on its input.
    pub(crate) fn run(&self, mut command: Command, input: &[u8]) -> Said {
        let mut child = spawn(&mut command);
        // A program that does not read it all is one of the cases.
        let _ = child.stdin.take().unwrap().write_all(input);
        finish(child, self).into()
    }

    /// Starts the daemon.
    pub(crate) fn start(self) -> Daemon {
        let said = self.run(self.control(&["-d"]), b"");
        assert_eq!(said, Said::ok(""), "{:?}", self.program);
        Daemon { site: self }
    }

    /// The PID of the daemon, by its lock.
    pub(crate) fn holder(&self) -> Option<i32> {
        let lock = File::open(self.pipe("control_lock")).ok()?;
        let holder = fcntl_getlk(&lock, &Flock::from(FlockType::WriteLock)).unwrap()?;
        holder.pid.map(|pid| pid.as_raw_nonzero().get())
    }

    pub(crate) fn log(&self, name: &str) -> Vec<String> {
        let text = fs::read(self.path("log").join(name)).unwrap_or_default();
        let text = String::from_utf8_lossy(&text).into_owned();
        text.lines().filter_map(|line| line.split_once("] ").map(|(_, text)| text.to_owned())).collect()
    }
}

fn programs() -> MutexGuard<'static, ()> {
    // A test that failed meanwhile left nothing half-done that matters.
    PROGRAMS.lock().unwrap_or_else(PoisonError::into_inner)
}

fn spawn(command: &mut Command) -> Child {
    let _starting = programs();
    // What runs the tests as a background job may have them ignore the signals that end a daemon.
    // SAFETY: between fork and exec, setting a signal to its default is allowed and involves no code of ours.
    unsafe {
        command.pre_exec(|| {
            for signal in [libc::SIGINT, libc::SIGHUP] {
                libc::signal(signal, libc::SIG_DFL);
            }
            Ok(())
        });
    }
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

fn finish(child: Child, site: &Site) -> Output {
    let pid = child.id();
    let (say, hear) = std::sync::mpsc::channel();
    let waiting = thread::spawn(move || say.send(child.wait_with_output().unwrap()));
    let Ok(output) = hear.recv_timeout(PATIENCE) else {
        kill(pid as i32);
        panic!("{:?} does not end", site.program);
    };
    waiting.join().unwrap().unwrap();
    output
}

pub(crate) fn kill(pid: i32) {
    signal(pid, Signal::KILL);
}

pub(crate) fn signal(pid: i32, signal: Signal) {
    // One that ended by itself is as good.
    let _ = kill_process(Pid::from_raw(pid).unwrap(), signal);
}

/// Whether a process runs: one that ended and was not buried does not.
pub(crate) fn runs(pid: i32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit(") ").next().is_some_and(|state| !state.is_empty() && !state.starts_with('Z'))
}

/// Waits for something that comes about soon.
pub(crate) fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(start.elapsed() < PATIENCE, "{what} does not come about");
        thread::sleep(Duration::from_millis(2));
    }
}

/// A daemon that is killed at last, with all that it started.
pub(crate) struct Daemon {
    pub(crate) site: Site,
}

impl Daemon {
    pub(crate) fn of(program: &Program) -> Self {
        Site::new(program).start()
    }

    pub(crate) fn talk(&self, input: impl AsRef<[u8]>) -> Said {
        self.site.run(self.site.control(&[]), input.as_ref())
    }

    /// What one command prints; it must have come through.
    pub(crate) fn ask(&self, command: &str) -> String {
        let said = self.talk(format!("{command}\n"));
        assert_eq!((said.code, said.error.as_str()), (Some(0), ""), "{command} on {:?}", self.site.program);
        said.output
    }

    pub(crate) fn pid(&self) -> i32 {
        self.site.holder().expect("the daemon runs")
    }

    /// The server that there is, as soon as there is one.
    pub(crate) fn server(&self) -> i32 {
        until("a server", || self.ask("get_server_list").trim().parse().ok())
    }

    /// A front-end that goes on talking.
    pub(crate) fn front_end(&self) -> Running {
        Running::start(self.site.control(&[]))
    }

    /// A client.
    pub(crate) fn client(&self) -> Running {
        Running::start(self.site.command("gpushare-sim-mps-client"))
    }

    /// Waits until the log has a line.
    pub(crate) fn logs(&self, line: &str) {
        until(line, || self.site.log("control.log").iter().any(|other| other == line).then_some(()));
    }

    pub(crate) fn children(&self) -> Vec<i32> {
        let Some(pid) = self.site.holder() else { return Vec::new() };
        let children = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
        children.split_whitespace().map(|pid| pid.parse().unwrap()).collect()
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let children = self.children();
        if let Some(pid) = self.site.holder() {
            kill(pid);
        }
        children.into_iter().for_each(kill);
    }
}

/// A program that is spoken with line by line.
pub(crate) struct Running {
    child: Child,
}

impl Running {
    pub(crate) fn start(mut command: Command) -> Self {
        let child = spawn(&mut command);
        Self { child }
    }

    pub(crate) fn pid(&self) -> i32 {
        self.child.id() as i32
    }

    pub(crate) fn say(&mut self, line: &str) {
        self.child.stdin.as_mut().unwrap().write_all(format!("{line}\n").as_bytes()).unwrap();
    }

    /// The next line.
    pub(crate) fn hear(&mut self) -> String {
        let (mut line, mut byte) = (Vec::new(), [0]);
        while self.child.stdout.as_mut().unwrap().read(&mut byte).unwrap() == 1 && byte != *b"\n" {
            line.push(byte[0]);
        }
        String::from_utf8(line).unwrap()
    }

    pub(crate) fn ask(&mut self, line: &str) -> String {
        self.say(line);
        self.hear()
    }

    /// Ends its input and waits for its end.
    pub(crate) fn end(mut self) -> Said {
        drop(self.child.stdin.take());
        let (mut output, mut error) = (String::new(), String::new());
        self.child.stdout.take().unwrap().read_to_string(&mut output).unwrap();
        self.child.stderr.take().unwrap().read_to_string(&mut error).unwrap();
        Said { output, error, code: self.child.wait().unwrap().code() }
    }

    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    pub(crate) fn wait(&mut self) -> ExitStatus {
        self.child.wait().unwrap()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Both fail where it ended before, which is what is wanted.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Links a name to a file, as an attacker would.
pub(crate) fn link(target: &Path, name: &Path) {
    symlink(target, name).unwrap();
}
