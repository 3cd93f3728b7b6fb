//! Which container a process runs in, by the names that container runtimes give to control groups.
//!
//! Sources: runc, `docs/systemd.md` (`<prefix>-<id>.scope`) and `docs/spec-conformance.md`; Docker, "Runtime metrics" (`/docker/<id>`,
//! `docker-<id>.scope`); Kubernetes, `pkg/kubelet/cm` (`kubepods/…/pod<uid>/<id>`); containerd's CRI plugin (`cri-containerd-<id>.scope`,
//! `…:cri-containerd:<id>`); CRI-O, `internal/config/cgmgr` (`crio-<id>.scope`, `crio-conmon-<id>.scope`); Podman, `libpod`
//! (`libpod-<id>.scope`, `libpod-conmon-<id>.scope`); lxc.container.conf(5) (`lxc.payload.<name>`, before 4.0 `/lxc/<name>`);
//! systemd-nspawn(1) and systemd-machined(8) (`systemd-nspawn@<name>.service`, `machine-<name>.scope`).

use std::fmt;

use serde::{Deserialize, Serialize};

/// The container that a process runs in: the id of 64 hexadecimal digits that Docker, containerd, CRI-O and Podman give it, or the name
/// that it has with LXC and systemd-nspawn.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ContainerId(String);

impl ContainerId {
    /// The id or name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The container that a process of these control groups is in; the innermost, where one is in another.
    pub(crate) fn of_control_groups(text: &str) -> Option<Self> {
        // Before version 2 there is a line for each controller, and a runtime may leave some of them alone.
        let paths = text.lines().filter_map(|line| line.splitn(3, ':').nth(2));
        paths.filter_map(|path| innermost(&path.split('/').collect::<Vec<_>>())).next().map(Self)
    }
}

impl fmt::Display for ContainerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn innermost(parts: &[&str]) -> Option<String> {
    let inside = (0..parts.len()).rev();
    inside
        .filter_map(|at| by_id(parts[at]).or_else(|| by_name(parts[at], at.checked_sub(1).map(|at| parts[at]))))
        .next()
}

/// The id in `<id>`, `<prefix>-<id>`, `<prefix>-<id>.scope` or `<slice>:<prefix>:<id>`.
fn by_id(part: &str) -> Option<String> {
    let part = part.strip_suffix(".scope").unwrap_or(part);
    let (prefix, id) = part.rsplit_once(['-', ':']).unwrap_or(("", part));
    let is_id = id.len() == 64 && id.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    // What watches over a container is outside of it.
    (is_id && !prefix.ends_with("conmon")).then(|| id.to_owned())
}

fn by_name(part: &str, parent: Option<&str>) -> Option<String> {
    if let Some(name) = part.strip_prefix("lxc.payload.") {
        return Some(name.to_owned());
    }
    if matches!(parent, Some("lxc" | "lxc.payload")) && !part.is_empty() {
        return Some(part.to_owned());
    }
    let of_service = part.strip_prefix("systemd-nspawn@").and_then(|rest| rest.strip_suffix(".service"));
    let of_scope = || part.strip_prefix("machine-").and_then(|rest| rest.strip_suffix(".scope"));
    of_service.or_else(of_scope).map(unescape)
}

/// A name as it was before systemd escaped it for a unit. Source: systemd.unit(5), "String Escaping for Inclusion in Unit Names".
fn unescape(name: &str) -> String {
    let mut parts = name.split("\\x");
    let mut bytes = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        match part.get(..2).and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) => bytes.extend([&[byte], &part.as_bytes()[2..]].concat()),
            None => bytes.extend([b"\\x", part.as_bytes()].concat()),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "3f9d2c5b8a7e4f60112233445566778899aabbccddeeff00112233445566aa01";
    const OTHER: &str = "00aabbccddeeff00112233445566778899aabbccddeeff001122334455667788";

    fn found(groups: &str) -> Option<String> {
        let groups = groups.replace("ID", ID).replace("OUTER", OTHER);
        ContainerId::of_control_groups(&groups).map(|container| container.to_string())
    }

    #[test]
    fn every_runtime_is_known_by_its_control_groups() {
        let pod = "pod0f1d2c3b-1111-2222-3333-444455556666";
        let slice = "kubepods-burstable-pod0f1d2c3b_1111_2222_3333_444455556666.slice";
        let groups = [
            // Docker: version 1 and 2, without and with systemd.
            "12:devices:/docker/ID\n11:memory:/docker/ID\n1:name=systemd:/docker/ID\n0::/system.slice/containerd.service".into(),
            "11:memory:/system.slice/docker-ID.scope".into(),
            "0::/docker/ID".into(),
            "0::/system.slice/docker-ID.scope".into(),
            "0::/user.slice/user-1000.slice/user@1000.service/user.slice/docker-ID.scope".into(),
            // Kubernetes with containerd.
            format!("4:memory:/kubepods/burstable/{pod}/ID"),
            format!("0::/kubepods/{pod}/ID"),
            format!("0::/kubepods.slice/kubepods-burstable.slice/{slice}/cri-containerd-ID.scope"),
            format!("2:cpu:/system.slice/containerd.service/{slice}:cri-containerd:ID"),
            // Kubernetes with CRI-O.
            format!("0::/kubepods.slice/kubepods-burstable.slice/{slice}/crio-ID.scope"),
            format!("4:memory:/kubepods/burstable/{pod}/crio-ID"),
            format!("0::/kubepods.slice/{slice}/crio-ID.scope/container"),
            // Podman: of root, of a user, in a pod.
            "0::/machine.slice/libpod-ID.scope/container".into(),
            "0::/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-ID.scope/container".into(),
            "1:name=systemd:/libpod_parent/libpod-ID".into(),
            "0::/machine.slice/machine-libpod_pod_OUTER.slice/libpod-ID.scope".into(),
            // One in another, as with kind and with Docker in Docker.
            format!("0::/docker/OUTER/kubelet/kubepods/burstable/{pod}/ID"),
            "0::/system.slice/docker-OUTER.scope/docker/ID".into(),
            "0::/lxc.payload.web/system.slice/docker-ID.scope".into(),
            // From a control group namespace that is not the container's.
            "0::/../../docker-ID.scope".into(),
        ];
        for groups in groups {
            assert_eq!(found(&groups).as_deref(), Some(ID), "{groups}");
        }
    }

    #[test]
    fn containers_with_names_are_known_by_them() {
        for (groups, name) in [
            ("0::/lxc.payload.web/init.scope", "web"),
            ("0::/lxc.payload.web/system.slice/ssh.service", "web"),
            ("8:memory:/lxc/web", "web"),
            ("8:memory:/lxc.payload/web/user.slice", "web"),
            ("0::/machine.slice/systemd-nspawn@build.service/payload/system.slice", "build"),
            (r"0::/machine.slice/machine-my\x2dbox.scope", "my-box"),
            (r"0::/machine.slice/machine-a\xzz\x2.scope", r"a\xzz\x2"),
        ] {
            assert_eq!(found(groups).as_deref(), Some(name), "{groups}");
        }
    }

    #[test]
    fn what_is_outside_is_in_no_container() {
        for groups in [
            "0::/",
            "0::/init.scope",
            "0::/user.slice/user-1000.slice/session-3.scope",
            "0::/system.slice/slurmstepd.scope/job_123/step_0/user/task_0",
            "0::/machine.slice/libpod-conmon-ID.scope",
            "0::/kubepods.slice/crio-conmon-ID.scope",
            "0::/lxc.monitor.web",
            "0::/lxc",
            "0::/machine.slice/machine-libpod_pod_ID.slice",
            "",
            "no colons",
        ] {
            assert_eq!(found(groups), None, "{groups}");
        }
    }
}
