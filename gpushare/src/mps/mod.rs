//! MPS, the Multi-Process Service: many processes on one GPU at the same time, each with a share of it.

mod command;
mod control;
mod daemon;
mod directory;
mod error;
mod front_end;
mod limits;
mod log;
mod pipe_directory;
mod quit;
mod server;
mod session;

pub use command::{MpsClient, MpsCommand, MpsServerStatus};
pub use control::MpsControl;
pub use daemon::{MpsDaemon, MpsDaemonBuilder};
pub use error::MpsError;
pub use front_end::FrontEnd;
pub use limits::{ActiveThreadPercentage, Advisory, MpsClientPriority, MpsDeviceOrdinal, PinnedDeviceMemoryLimit};
pub use log::{MpsLog, MpsLogRecord, MpsLogRole};
pub use pipe_directory::{DaemonPresence, PipeDirectory};
pub use quit::MpsQuit;
pub use server::MpsServer;
pub use session::{MpsSession, MpsSessionBuilder};
