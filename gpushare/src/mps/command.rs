//! Commands of the control daemon, made of numbers and enumerations alone, and what it answers.

use std::os::unix::fs::MetadataExt;
use std::{fmt, fs};

use serde::{Deserialize, Serialize};

use crate::mps::error::MpsError;
use crate::mps::limits::{ActiveThreadPercentage, MpsClientPriority, MpsDeviceOrdinal, PinnedDeviceMemoryLimit};

/// A command of the control daemon. None of them can carry a text, so none can be split or followed by another.
///
/// `quit` is not among them: it ends the exchange that it is part of, and is [its own operation](crate::MpsDaemon::quit).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
#[allow(missing_docs)]
pub enum MpsCommand {
    GetServerList,
    GetServerStatus { server: u32 },
    StartServer { uid: u32 },
    ShutdownServer { server: u32, force: bool },
    GetClientList { server: u32 },
    Ps,
    TerminateClient { server: u32, client: u32 },
    GetDefaultActiveThreadPercentage,
    SetDefaultActiveThreadPercentage(ActiveThreadPercentage),
    GetActiveThreadPercentage { server: u32 },
    SetActiveThreadPercentage { server: u32, percentage: ActiveThreadPercentage },
    GetDefaultDevicePinnedMemLimit(MpsDeviceOrdinal),
    SetDefaultDevicePinnedMemLimit { device: MpsDeviceOrdinal, limit: PinnedDeviceMemoryLimit },
    GetDevicePinnedMemLimit { server: u32, device: MpsDeviceOrdinal },
    SetDevicePinnedMemLimit { server: u32, device: MpsDeviceOrdinal, limit: PinnedDeviceMemoryLimit },
    GetDefaultClientPriority,
    SetDefaultClientPriority(MpsClientPriority),
    DeviceQuery,
}

impl MpsCommand {
    /// The word with which it begins.
    pub fn word(&self) -> &'static str {
        match self {
            Self::GetServerList => "get_server_list",
            Self::GetServerStatus { .. } => "get_server_status",
            Self::StartServer { .. } => "start_server",
            Self::ShutdownServer { .. } => "shutdown_server",
            Self::GetClientList { .. } => "get_client_list",
            Self::Ps => "ps",
            Self::TerminateClient { .. } => "terminate_client",
            Self::GetDefaultActiveThreadPercentage => "get_default_active_thread_percentage",
            Self::SetDefaultActiveThreadPercentage(_) => "set_default_active_thread_percentage",
            Self::GetActiveThreadPercentage { .. } => "get_active_thread_percentage",
            Self::SetActiveThreadPercentage { .. } => "set_active_thread_percentage",
            Self::GetDefaultDevicePinnedMemLimit(_) => "get_default_device_pinned_mem_limit",
            Self::SetDefaultDevicePinnedMemLimit { .. } => "set_default_device_pinned_mem_limit",
            Self::GetDevicePinnedMemLimit { .. } => "get_device_pinned_mem_limit",
            Self::SetDevicePinnedMemLimit { .. } => "set_device_pinned_mem_limit",
            Self::GetDefaultClientPriority => "get_default_client_priority",
            Self::SetDefaultClientPriority(_) => "set_default_client_priority",
            Self::DeviceQuery => "device_query",
        }
    }

    /// Whether doing it twice is doing it once, so that it may be sent again where it is not known whether it was executed.
    pub fn is_repeatable(&self) -> bool {
        !matches!(self, Self::StartServer { .. } | Self::ShutdownServer { .. } | Self::TerminateClient { .. })
    }

    /// The server that it is about.
    fn server(&self) -> Option<u32> {
        match self {
            Self::GetServerStatus { server }
            | Self::ShutdownServer { server, .. }
            | Self::GetClientList { server }
            | Self::TerminateClient { server, .. }
            | Self::GetActiveThreadPercentage { server }
            | Self::SetActiveThreadPercentage { server, .. }
            | Self::GetDevicePinnedMemLimit { server, .. }
            | Self::SetDevicePinnedMemLimit { server, .. } => Some(*server),
            _ => None,
        }
    }

    /// What the daemon said, unless it says that it refuses.
    pub(crate) fn accept(&self, answer: String) -> Result<String, MpsError> {
        let first = answer.lines().next().unwrap_or_default();
        if first == format!("Unknown command \"{}\"", self.word()) {
            return Err(MpsError::UnknownCommand { command: self.word().into() });
        }
        if let Some(server) = self.server()
            && first.trim_end_matches('!') == format!("Server {server} not found")
        {
            return Err(MpsError::ServerNotFound { server });
        }
        if first.starts_with("Insufficient privileges") || first.starts_with("Not enough privilege") {
            return Err(MpsError::NoPermission { command: self.to_string(), answer: first.into() });
        }
        let silent = matches!(
            self,
            Self::StartServer { .. }
                | Self::ShutdownServer { .. }
                | Self::SetDefaultDevicePinnedMemLimit { .. }
                | Self::SetDevicePinnedMemLimit { .. }
                | Self::SetDefaultClientPriority(_)
        );
        if silent && !answer.is_empty() {
            return Err(MpsError::Refused { command: self.to_string(), answer: answer.trim_end().into() });
        }
        Ok(answer)
    }
}

impl fmt::Display for MpsCommand {
    /// As the daemon reads it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())?;
        match self {
            Self::GetServerList
            | Self::Ps
            | Self::GetDefaultActiveThreadPercentage
            | Self::GetDefaultClientPriority
            | Self::DeviceQuery => Ok(()),
            Self::StartServer { uid } => write!(f, " -uid {uid}"),
            Self::ShutdownServer { server, force } => write!(f, " {server}{}", if *force { " -f" } else { "" }),
            Self::GetServerStatus { server }
            | Self::GetClientList { server }
            | Self::GetActiveThreadPercentage { server } => {
                write!(f, " {server}")
            }
            Self::TerminateClient { server, client } => write!(f, " {server} {client}"),
            Self::SetDefaultActiveThreadPercentage(percentage) => write!(f, " {percentage}"),
            Self::SetActiveThreadPercentage { server, percentage } => write!(f, " {server} {percentage}"),
            Self::GetDefaultDevicePinnedMemLimit(device) => write!(f, " {device}"),
            Self::SetDefaultDevicePinnedMemLimit { device, limit } => write!(f, " {device} {limit}"),
            Self::GetDevicePinnedMemLimit { server, device } => write!(f, " {server} {device}"),
            Self::SetDevicePinnedMemLimit { server, device, limit } => write!(f, " {server} {device} {limit}"),
            Self::SetDefaultClientPriority(priority) => write!(f, " {priority}"),
        }
    }
}

/// What an MPS server is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum MpsServerStatus {
    /// It starts, and its clients wait.
    Initializing,
    /// It serves.
    Active,
    /// A client met a fatal fault: new clients are refused until those that it touched have left.
    Fault,
}

impl MpsServerStatus {
    pub(crate) fn from_answer(answer: &str) -> Option<Self> {
        match answer.trim() {
            "INITIALIZING" => Some(Self::Initializing),
            "ACTIVE" => Some(Self::Active),
            "FAULT" => Some(Self::Fault),
            _ => None,
        }
    }
}

/// A client as the daemon lists it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct MpsClient {
    /// Its process id, in the daemon's namespace of process ids.
    pub pid: u32,
    /// The number of its context in the server.
    pub context: u32,
    /// The process id of its server.
    pub server: u32,
    /// The beginning of the UUID of the device that it uses, cut by the daemon.
    pub device: String,
    /// The inode of its namespace of process ids, `/proc/<pid>/ns/pid`.
    pub namespace: u64,
    /// Its command.
    pub command: String,
}

impl MpsClient {
    /// Whether its process sees the same process ids as this one. The id that a client in another namespace, as in a container, has for itself
    /// is neither [`pid`](Self::pid) nor one by which the daemon finds it.
    pub fn is_in_this_pid_namespace(&self) -> bool {
        fs::metadata("/proc/self/ns/pid").is_ok_and(|namespace| namespace.ino() == self.namespace)
    }

    /// A line of `ps`.
    fn from_line(line: &str) -> Option<Self> {
        let mut columns = line.split_whitespace();
        let (pid, context, server) = (columns.next()?, columns.next()?, columns.next()?);
        let (device, namespace) = (columns.next()?, columns.next()?);
        Some(Self {
            pid: pid.parse().ok()?,
            context: context.parse().ok()?,
            server: server.parse().ok()?,
            device: device.into(),
            namespace: namespace.parse().ok()?,
            command: columns.collect::<Vec<_>>().join(" "),
        })
    }

    /// All lines of an answer to `ps`.
    pub(crate) fn from_answer(answer: &str) -> Vec<Self> {
        answer.lines().filter_map(Self::from_line).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_command_carries_text() {
        let share = ActiveThreadPercentage::new(33.3).unwrap();
        let device = MpsDeviceOrdinal::new(3).unwrap();
        let limit = PinnedDeviceMemoryLimit::new(crate::units::Mib(1536)).unwrap();
        for (command, line) in [
            (MpsCommand::GetServerList, "get_server_list"),
            (MpsCommand::StartServer { uid: 1000 }, "start_server -uid 1000"),
            (MpsCommand::ShutdownServer { server: 553, force: true }, "shutdown_server 553 -f"),
            (MpsCommand::TerminateClient { server: 553, client: 519 }, "terminate_client 553 519"),
            (MpsCommand::SetDefaultActiveThreadPercentage(share), "set_default_active_thread_percentage 33.3"),
            (
                MpsCommand::SetActiveThreadPercentage { server: 553, percentage: share },
                "set_active_thread_percentage 553 33.3",
            ),
            (
                MpsCommand::SetDefaultDevicePinnedMemLimit { device, limit },
                "set_default_device_pinned_mem_limit 3 1536M",
            ),
            (MpsCommand::SetDevicePinnedMemLimit { server: 1, device, limit }, "set_device_pinned_mem_limit 1 3 1536M"),
            (MpsCommand::SetDefaultClientPriority(MpsClientPriority::BelowNormal), "set_default_client_priority 1"),
        ] {
            assert_eq!(command.to_string(), line);
        }
    }

    #[test]
    fn refusals_of_the_daemon_are_told_from_answers() {
        let list = MpsCommand::GetClientList { server: 999_999 };
        assert_eq!(list.accept("Server 999999 not found\n".into()), Err(MpsError::ServerNotFound { server: 999_999 }));
        let status = MpsCommand::GetServerStatus { server: 1 };
        let unknown = status.accept("Unknown command \"get_server_status\"\n".into());
        assert_eq!(unknown, Err(MpsError::UnknownCommand { command: "get_server_status".into() }));
        let share = MpsCommand::SetDefaultActiveThreadPercentage(ActiveThreadPercentage::FULL);
        let words = "Insufficient privileges for UID 65534. Control deamon settings can only be modified by the user started it or by the root user.";
        assert!(
            matches!(share.accept(format!("{words}\n")), Err(MpsError::NoPermission { answer, .. }) if answer == words)
        );
        let start = MpsCommand::StartServer { uid: 0 };
        assert!(matches!(
            start.accept("The MPS control daemon is shutting down\n".into()),
            Err(MpsError::Refused { .. })
        ));
        assert_eq!(share.accept("100.0\n".into()).unwrap(), "100.0\n");
    }

    #[test]
    fn clients_are_read_as_an_h200_listed_them() {
        let answer = "PID       ID        SERVER         DEVICE                    NAMESPACE      COMMAND        \n\
                      519       1         553            GPU-e61f5488-0846-50c7    4026531836     python3        \n\
                      520       2         553            GPU-e61f5488-0846-50c7    4026531836     python3        \n";
        let clients = MpsClient::from_answer(answer);
        assert_eq!(clients.len(), 2);
        let MpsClient { pid, context, server, device, namespace, command } = &clients[1];
        assert_eq!((*pid, *context, *server, *namespace), (520, 2, 553, 4_026_531_836));
        assert_eq!((device.as_str(), command.as_str()), ("GPU-e61f5488-0846-50c7", "python3"));
        assert!(MpsClient::from_answer("Server not found\n").is_empty());
        let here = fs::metadata("/proc/self/ns/pid").unwrap().ino();
        let at = |namespace| MpsClient { namespace, ..clients[0].clone() }.is_in_this_pid_namespace();
        assert!(at(here) && !at(here + 1));
    }
}
