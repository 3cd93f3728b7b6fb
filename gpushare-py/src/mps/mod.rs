//! MPS, the Multi-Process Service.

pub(crate) mod client;
pub(crate) mod daemon;
pub(crate) mod enums;
pub(crate) mod errors;
pub(crate) mod limits;
pub(crate) mod log;
pub(crate) mod pipe_directory;
pub(crate) mod quit;
pub(crate) mod seconds;
pub(crate) mod server;
pub(crate) mod session;
