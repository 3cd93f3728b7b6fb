//! MPS, the Multi-Process Service: many processes on one GPU at the same time, each with a share of it.

mod advisory;
mod command;
mod control;
mod daemon;
mod daemon_builder;
mod directory;
mod error;
mod front_end;
mod held_mode;
mod hold;
mod limits;
mod log;
mod pipe_directory;
pub(crate) mod processes;
pub(crate) mod program;
mod quit;
mod server;
mod session;
mod session_builder;
mod user;
mod version;

pub use advisory::Advisory;
pub use command::{MpsClient, MpsCommand, MpsServerStatus};
pub use control::MpsControl;
pub use daemon::MpsDaemon;
pub use daemon_builder::MpsDaemonBuilder;
pub use error::MpsError;
pub use front_end::FrontEnd;
pub use limits::{ActiveThreadPercentage, MpsClientPriority, MpsDeviceOrdinal, PinnedDeviceMemoryLimit};
pub use log::{MpsLog, MpsLogRecord, MpsLogRole};
pub use pipe_directory::{DaemonPresence, PipeDirectory};
pub use quit::MpsQuit;
pub use server::MpsServer;
pub use session::MpsSession;
pub use session_builder::MpsSessionBuilder;
