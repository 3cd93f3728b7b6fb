//! The programs of the Multi-Process Service, as they are from outside: `nvidia-cuda-mps-control`, `nvidia-cuda-mps-server`, and a client
//! that stands for a CUDA program.
//!
//! The daemon has the files, locks, modes, answers, exit statuses, log lines and silences of NVIDIA's, by version; what a test sends to one
//! it can send to the other. The version is that of the simulated machine, which the programs find as any NVML program does; the
//! variable `GPUSHARE_SIM_MPS_DRIVER` names another, such as `555.58.02`. Servers and clients stand in the process lists of a
//! [shared](crate::Machine::start_shared) machine. Between each other the programs speak a protocol of their own, so they work with
//! one another and with none of NVIDIA's.
//!
//! ```
//! use std::io::Write;
//! use std::process::{Command, Stdio};
//!
//! use gpushare_sim::Machine;
//! use gpushare_sim::mps::Programs;
//! # let built = Programs::find().is_ok();
//! # if !built { return Ok(()); }
//!
//! let machine = Machine::start_shared()?;
//! let programs = Programs::find()?;
//! let folder = tempfile::tempdir()?;
//! let control = || {
//!     let mut command = Command::new(programs.control());
//!     command.envs(machine.environment()).env("PATH", programs.search_path());
//!     command.env("CUDA_MPS_PIPE_DIRECTORY", folder.path().join("pipe"));
//!     command.env("CUDA_MPS_LOG_DIRECTORY", folder.path().join("log"));
//!     command
//! };
//! assert!(control().arg("-d").stdin(Stdio::null()).status()?.success());
//!
//! let mut front_end = control().stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
//! front_end.stdin.take().unwrap().write_all(b"set_default_active_thread_percentage 40\nquit\n")?;
//! assert_eq!(front_end.wait_with_output()?.stdout, b"40.0\n");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Clients
//!
//! `gpushare-sim-mps-client` connects by `CUDA_MPS_PIPE_DIRECTORY` as `cuInit` does, under the variables of a CUDA program. It takes
//! commands as arguments, then as lines of its input, and answers each with a line:
//!
//! | command | answer |
//! |---|---|
//! | `init` | `server 553 percentage 100.0 multiprocessors 132 limit none`; `no daemon` where CUDA would go on without MPS |
//! | `context` or `context 1` | as above, for a context on the first device, or on another; several may be made |
//! | `work` | `ok` |
//! | `allocate 512` | `ok`, with so many MiB more in use |
//! | `fault` | `error 719`, and so for all clients that share a GPU with it |
//! | `hang` | none: it neither reads nor ends, until it is killed |
//! | `pid` | its process ID |
//! | `exit` or `exit 3` | none: it ends, with that status; so does the end of its input, with 0 |
//!
//! What fails answers `error` and the code of the CUDA driver: 805 where no server comes about, 806 once the server is gone, 807 after
//! a fault of others, 808 beyond 48 contexts, 810 once the client was terminated. Clients wait for a server as CUDA programs do: without limit.
//!
//! # Bad days
//!
//! A daemon that serves one front-end drops any other: the real one's timing decides whether that one ends with status 1, or with 0 and
//! no output, its commands not executed either way. The simulated one does both in turn, so a client that neither takes turns nor
//! looks is found out at once. `GPUSHARE_SIM_MPS_FAULTS`, read by the daemon at its start, does the same and more without a rival:
//!
//! | fault | |
//! |---|---|
//! | `ui#2=refuse` | the second front-end ends with status 1, and is not served |
//! | `ui#2=silent` | it ends with status 0 and no output, and is not served |
//! | `ui#2+=hang` | the second and all later ones are never answered |
//! | `command#3=kill` | the daemon is killed by the third command it receives, before it carries it out |
//! | `command#3=silent` | the third command is not carried out, and answers nothing |
//! | `server#1=never-ready` | the first server that is started never becomes ready |
//! | `server#1=exit` | it ends with status 1 |
//! | `server#1=stubborn` | it does not heed SIGINT |
//!
//! `GPUSHARE_SIM_MPS_SERVER_FAULT` in a daemon's environment, as `never-ready`, does to all servers what the fault of that name does to one.
//! NVIDIA's daemon starts the simulated server too, where its `PATH` has it, but only one that fails is of use to it.
//!
//! Several stand with `;` between them. `quit` after other commands of the same front-end may lose their output on the real daemon; here it
//! does with the fault `quit#1=silent`.

mod board;
mod client;
mod daemon;
mod fault;
mod files;
mod frontend;
mod journal;
mod launch;
mod options;
mod outside;
mod packet;
mod programs;
mod rules;
mod server;
mod settings;
mod spawn;
mod wire;

use std::process::ExitCode;

pub use programs::{NotBuilt, PROGRAMS_VARIABLE, Programs};

/// The program `nvidia-cuda-mps-control`: the daemon and its front-end.
pub fn control() -> ExitCode {
    match settings::Settings::find() {
        Ok(settings) => options::run(&settings),
        Err(error) => {
            eprintln!("gpushare-sim: {error}");
            ExitCode::FAILURE
        }
    }
}

/// The program `nvidia-cuda-mps-server`, which the daemon starts.
pub fn server() -> ExitCode {
    server::run()
}

/// The program `gpushare-sim-mps-client`.
pub fn client() -> ExitCode {
    client::run()
}
