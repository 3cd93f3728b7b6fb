//! What the programs say to each other. This is the simulator's own protocol; NVIDIA's is private.

use serde::{Deserialize, Serialize};

use super::rules::{Attached, Config, Reply, Request, Share};

/// The first message to the daemon.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Hello {
    /// A front-end. The daemon greets it, then answers each line.
    FrontEnd,
    Client(Attached),
    Server,
}

/// What a front-end is greeted with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Greeting {
    Served,
    /// It will not be served, and is told so or is not.
    Dropped {
        silent: bool,
    },
}

/// A command line without its end, or what one prints.
pub(super) type Text = Vec<u8>;

/// From the daemon to a front-end, for each line.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Answer {
    Text(Text),
    /// What was not written yet is lost.
    Lost,
}

/// From the daemon to a server.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum ToServer {
    Begin(Config),
    Ask(Request),
    /// A client, whose connection comes along.
    Serve(Attached),
}

/// From a server to the daemon.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum FromServer {
    Reply(Reply),
    /// The last client left.
    Idle,
}

/// To a client that waits.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Welcome {
    Served { server: u32, share: Share },
    Refused(u32),
}

/// From a client to its server, which answers with a code.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Call {
    Work,
    Allocate(u64),
    Fault,
}
