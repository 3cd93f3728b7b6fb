//! A CDI specification as data, and as the JSON or YAML that container runtimes read.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Serialize, Serializer};

/// A specification of the Container Device Interface: devices that a container can be given by name, such as `nvidia.com/gpu=0:1`.
///
/// It is made by [`DeviceFiles::cdi_spec`](crate::DeviceFiles::cdi_spec), and its members can be changed before it is written. It prints as
/// YAML, and as JSON with `{spec:#}`. Runtimes look for it in `/etc/cdi` and `/var/run/cdi`, in files whose names end in `.yaml` or `.json`;
/// one that appears by a rename is never seen half.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct CdiSpec {
    /// The vendor and the class of the devices, such as `nvidia.com/gpu`.
    pub kind: String,
    /// Whatever readers may want to know.
    pub annotations: BTreeMap<String, String>,
    /// The devices: at least one, each with a name of its own.
    pub devices: Vec<CdiDevice>,
    /// What a container gets with whichever of the devices.
    pub container_edits: CdiContainerEdits,
}

/// A device of a [`CdiSpec`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct CdiDevice {
    /// The name, such as `0:1`.
    pub name: String,
    /// Whatever readers may want to know.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub annotations: BTreeMap<String, String>,
    /// What a container gets with the device.
    pub container_edits: CdiContainerEdits,
}

/// What a container gets.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct CdiContainerEdits {
    /// Variables of the environment, as `NAME=value`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub env: Vec<String>,
    /// Device nodes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub device_nodes: Vec<CdiDeviceNode>,
    /// Files and folders of the host.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub mounts: Vec<CdiMount>,
    /// Programs that the runtime runs.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub hooks: Vec<CdiHook>,
}

/// A device node that a container gets.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct CdiDeviceNode {
    /// The path in the container.
    pub path: String,
    /// The path on the host, where it is another.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host_path: Option<String>,
    /// The kind of node, which is `c` for a character device. Where it and the numbers are missing, the runtime takes them from the host's
    /// node when it starts a container.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub device_type: Option<String>,
    /// The major number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub major: Option<u32>,
    /// The minor number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub minor: Option<u32>,
}

/// A file or folder of the host that a container gets.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct CdiMount {
    /// The path on the host.
    pub host_path: String,
    /// The path in the container.
    pub container_path: String,
    /// How it is mounted, such as `ro`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub options: Vec<String>,
}

/// A program that the runtime runs.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct CdiHook {
    /// When: `createContainer` is after the container's namespaces were made and before it has its own root.
    pub hook_name: String,
    /// The program, by an absolute path of the host.
    pub path: String,
    /// Its arguments, the first of which is its name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub args: Vec<String>,
}

impl CdiContainerEdits {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl CdiSpec {
    /// The version of the format that it is written in: the oldest that has all that the specification uses, so that runtimes of every age
    /// read it.
    pub fn version(&self) -> &'static str {
        let edits = || self.devices.iter().map(|device| &device.container_edits).chain([&self.container_edits]);
        let annotated = || self.devices.iter().any(|device| !device.annotations.is_empty());
        let class_has_dot = self.kind.split_once('/').is_some_and(|(_, class)| class.contains('.'));
        let begins_with_digit = |device: &CdiDevice| device.name.starts_with(|first: char| first.is_ascii_digit());
        let host_path = || edits().flat_map(|edits| &edits.device_nodes).any(|node| node.host_path.is_some());
        match () {
            () if class_has_dot || !self.annotations.is_empty() || annotated() => "0.6.0",
            () if self.devices.iter().any(begins_with_digit) || host_path() => "0.5.0",
            () => "0.3.0",
        }
    }
}

impl Serialize for CdiSpec {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct File<'a> {
            cdi_version: &'a str,
            kind: &'a str,
            #[serde(skip_serializing_if = "BTreeMap::is_empty")]
            annotations: &'a BTreeMap<String, String>,
            devices: &'a [CdiDevice],
            #[serde(skip_serializing_if = "CdiContainerEdits::is_empty")]
            container_edits: &'a CdiContainerEdits,
        }
        let Self { kind, annotations, devices, container_edits } = self;
        File { cdi_version: self.version(), kind, annotations, devices, container_edits }.serialize(to)
    }
}

impl fmt::Display for CdiSpec {
    /// As YAML; as JSON with `#`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = if f.alternate() {
            serde_json::to_string_pretty(self).map_err(|_| fmt::Error)?
        } else {
            serde_yaml_ng::to_string(self).map_err(|_| fmt::Error)?
        };
        f.write_str(&text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec(kind: &str, name: &str) -> CdiSpec {
        let device = CdiDevice {
            name: name.into(),
            annotations: BTreeMap::new(),
            container_edits: CdiContainerEdits::default(),
        };
        let container_edits = CdiContainerEdits { env: vec!["A=1".into()], ..Default::default() };
        CdiSpec { kind: kind.into(), annotations: BTreeMap::new(), devices: vec![device], container_edits }
    }

    #[test]
    fn the_version_is_the_oldest_that_has_what_is_used() {
        let plain = spec("nvidia.com/gpu", "gpu0");
        assert_eq!(plain.version(), "0.3.0");
        assert_eq!(spec("nvidia.com/gpu", "0").version(), "0.5.0");
        assert_eq!(spec("nvidia.com/gpu.mig", "gpu0").version(), "0.6.0");
        let annotation = || BTreeMap::from([("a".to_owned(), "b".to_owned())]);
        let mut annotated = plain.clone();
        annotated.devices[0].annotations = annotation();
        assert_eq!(annotated.version(), "0.6.0");
        assert_eq!(CdiSpec { annotations: annotation(), ..plain.clone() }.version(), "0.6.0");
        let node = CdiDeviceNode {
            path: "/dev/nvidiactl".into(),
            host_path: Some("/run/nvidia/driver/dev/nvidiactl".into()),
            device_type: None,
            major: None,
            minor: None,
        };
        let mut elsewhere = plain.clone();
        elsewhere.container_edits.device_nodes.push(node);
        assert_eq!(elsewhere.version(), "0.5.0");
    }

    #[test]
    fn it_prints_as_the_format_has_it() {
        let spec = spec("nvidia.com/gpu", "0");
        let yaml = "cdiVersion: 0.5.0\nkind: nvidia.com/gpu\ndevices:\n- name: '0'\n  containerEdits: {}\n\
                    containerEdits:\n  env:\n  - A=1\n";
        assert_eq!(spec.to_string(), yaml);
        let json: serde_json::Value = serde_json::from_str(&format!("{spec:#}")).unwrap();
        assert_eq!(serde_yaml_ng::from_str::<serde_json::Value>(yaml).unwrap(), json);
    }
}
