//! In what the versions of the control daemon differ.

/// The branch of the driver that the daemon belongs to.
///
/// Seen on 470, 535, 550, 555 and 580; between them, a branch is as the older neighbour, but that 525 is taken to be as 535.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::mps) struct Version(u32);

/// The oldest that is simulated.
const OLDEST: u32 = 470;

impl Version {
    pub(in crate::mps) fn new(branch: u32) -> Option<Self> {
        (branch >= OLDEST).then_some(Self(branch))
    }

    /// That of a driver version such as `580.126.09`.
    pub(in crate::mps) fn of_driver(version: &str) -> Option<Self> {
        version.split('.').next()?.parse().ok().and_then(Self::new)
    }

    pub(in crate::mps) fn branch(self) -> u32 {
        self.0
    }

    /// `ps`, `terminate_client`, client priorities and limits of pinned memory.
    pub(super) fn has_limits(self) -> bool {
        self.0 >= 525
    }

    /// `get_server_status`.
    pub(super) fn has_status(self) -> bool {
        self.0 >= 550
    }

    /// Whether settings are for the owner alone, and refusals say for whom.
    pub(super) fn guards_settings(self) -> bool {
        self.0 >= 550
    }

    /// Whether the log tells how a server is asked to end, and what the daemon's child does is logged as the child's.
    pub(in crate::mps) fn logs_shutdowns(self) -> bool {
        self.0 >= 550
    }

    /// `nvidia-cuda-mps-control.pid`.
    pub(in crate::mps) fn has_pid_file(self) -> bool {
        self.0 >= 550
    }

    /// Whether an unknown option is refused.
    pub(in crate::mps) fn checks_options(self) -> bool {
        self.0 >= 555
    }

    /// `-multiuser-server` until it became `-M` and `--multiuser-server`.
    pub(in crate::mps) fn has_old_multi_user(self) -> bool {
        (555..580).contains(&self.0)
    }

    /// `-M`, `-q`, long names of options, a list of commands in the help, and versions in the logs.
    pub(in crate::mps) fn is_talkative(self) -> bool {
        self.0 >= 580
    }

    /// `device_query`.
    pub(super) fn has_device_query(self) -> bool {
        self.0 >= 580
    }

    /// Whether a UUID names a device. Where it does not, it reads as ordinal 0 without a value.
    pub(super) fn knows_uuids(self) -> bool {
        self.0 >= 580
    }

    /// Contexts that one device serves.
    pub(super) fn max_contexts(self) -> usize {
        if self.0 >= 590 { 60 } else { 48 }
    }

    /// What an ordinary user is told who changes a setting of the daemon.
    pub(super) fn settings_refusal(self, uid: u32) -> String {
        let owner = if self.0 >= 580 { "the user who started it" } else { "the user started it" };
        format!(
            "Insufficient privileges for UID {uid}. Control deamon settings can only be modified by {owner} or by the root user."
        )
    }

    /// What a user is told who would `act` on what belongs to another.
    pub(super) fn refusal(self, uid: u32, act: &str) -> String {
        if self.guards_settings() {
            return format!("Insufficient privileges for UID {uid}. Only the root user may {act}.");
        }
        format!("Insufficient privileges for UID {uid}")
    }
}
