//! The CDI specification of a node's devices.

use std::path::{Path, PathBuf};

use super::driver_files::DriverFiles;
use super::name;
use super::options::CdiOptions;
use super::spec::{CdiContainerEdits, CdiDevice, CdiDeviceNode, CdiHook, CdiMount, CdiSpec};
use crate::containers::device_files::DeviceFiles;
use crate::containers::device_node::{DeviceNode, below};
use crate::error::{Error, Result};
use crate::nvml::Nvml;
use crate::visible_devices::NVIDIA_VISIBLE_DEVICES;

/// How files of the driver are mounted, and how sockets are.
const FILES: [&str; 5] = ["ro", "nosuid", "nodev", "rbind", "rprivate"];
const SOCKETS: [&str; 5] = ["nosuid", "nodev", "noexec", "rbind", "rprivate"];

impl DeviceFiles {
    /// The CDI specification by which container runtimes give these devices to containers.
    ///
    /// A GPU has its own node; a MIG device that of its GPU and those that grant use of its two instances; what all programs need, each
    /// container gets. A GPU with MIG enabled is no device, because nothing runs on the whole of it. `NVIDIA_VISIBLE_DEVICES=void` keeps
    /// NVIDIA's own runtime from giving the container devices of its choice.
    ///
    /// What only NVIDIA's programs can do in a container is left to them: [`CdiOptions::hook`].
    ///
    /// # Errors
    ///
    /// [`Error::NoCdiDevice`] where there is no device, [`Error::InvalidText`] for a vendor, class, name or path that the format cannot
    /// have, [`Error::File`] where the driver's files are wanted and not found.
    ///
    /// ```
    /// # let machine = gpushare_sim::Machine::start()?;
    /// # let nvml = gpushare::Nvml::builder().library(machine.library()?).root(machine.root()).init()?;
    /// # let gpu = nvml.gpu(0)?;
    /// # gpu.set_mig_mode(true)?;
    /// use gpushare::CdiOptions;
    /// let gi = gpu.create_gpu_instance(&gpu.gpu_instance_profile("4g.20gb")?)?;
    /// gi.create_default_compute_instance()?;
    /// let spec = gpu.device_files()?.cdi_spec(&CdiOptions::new().host_root("/").without_all())?;
    /// let device = &spec.devices[0];
    /// assert_eq!((&*spec.kind, &*device.name), ("nvidia.com/gpu", "0:0"));
    /// let nodes: Vec<_> = device.container_edits.device_nodes.iter().map(|node| &*node.path).collect();
    /// assert_eq!(nodes, ["/dev/nvidia0", "/dev/nvidia-caps/nvidia-cap21", "/dev/nvidia-caps/nvidia-cap22"]);
    /// println!("{spec}");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn cdi_spec(&self, options: &CdiOptions) -> Result<CdiSpec> {
        if options.names.is_empty() {
            let what = "choice of names for a CDI specification";
            return Err(Error::InvalidText { what, text: String::new(), allowed: "at least one" });
        }
        let host = Host { root: options.host_root.as_deref().unwrap_or(&self.root), numbers: options.device_numbers };
        let mut devices = Vec::new();
        let mut all: Vec<CdiDeviceNode> = Vec::new();
        let mut add = |names: Vec<String>, nodes: &[&DeviceNode]| -> Result<()> {
            let nodes = nodes.iter().map(|node| host.node(node)).collect::<Result<Vec<_>>>()?;
            let new = nodes.iter().filter(|node| !all.contains(node)).cloned().collect::<Vec<_>>();
            all.extend(new);
            devices.extend(names.into_iter().map(|name| device(name, nodes.clone())));
            Ok(())
        };
        for gpu in &self.gpus {
            if !gpu.mig_enabled {
                add(options.names.iter().map(|name| name.of_gpu(gpu)).collect(), &[&gpu.node])?;
            }
            for mig in &gpu.mig_devices {
                let names = options.names.iter().map(|name| name.of_mig_device(gpu, mig)).collect();
                add(names, &[&gpu.node, &mig.gpu_instance, &mig.compute_instance])?;
            }
        }
        if devices.is_empty() {
            return Err(Error::NoCdiDevice { gpus: self.gpus.len() });
        }
        if options.all {
            devices.push(device("all".into(), all));
        }
        let mut shared = CdiContainerEdits {
            env: vec![format!("{NVIDIA_VISIBLE_DEVICES}=void")],
            device_nodes: self.shared.iter().map(|node| host.node(node)).collect::<Result<_>>()?,
            ..Default::default()
        };
        if options.driver_files {
            let found = DriverFiles::find(&self.root, &self.driver_version)?;
            host.add_driver_files(&mut shared, &found, options.hook.as_deref())?;
        }
        let kind = name::kind(&options.vendor, &options.class)?;
        CdiSpec { kind, annotations: Default::default(), devices, container_edits: shared }.checked()
    }
}

impl Nvml {
    /// The CDI specification of all GPUs and MIG devices of this node: [`DeviceFiles::cdi_spec`] of [`device_files`](Nvml::device_files).
    ///
    /// # Errors
    ///
    /// As there.
    pub fn cdi_spec(&self, options: &CdiOptions) -> Result<CdiSpec> {
        self.device_files()?.cdi_spec(options)
    }
}

fn device(name: String, device_nodes: Vec<CdiDeviceNode>) -> CdiDevice {
    let container_edits = CdiContainerEdits { device_nodes, ..Default::default() };
    CdiDevice { name, annotations: Default::default(), container_edits }
}

/// The host as the container runtime sees it.
struct Host<'a> {
    root: &'a Path,
    numbers: bool,
}

impl Host<'_> {
    fn node(&self, node: &DeviceNode) -> Result<CdiDeviceNode> {
        let path = text(&node.path)?;
        let host_path = Some(text(&below(self.root, &node.path))?).filter(|host| *host != path);
        let number = |number| self.numbers.then_some(number);
        Ok(CdiDeviceNode {
            path,
            host_path,
            device_type: self.numbers.then(|| "c".into()),
            major: number(node.major),
            minor: number(node.minor),
        })
    }

    fn mount(&self, host: &Path, container: &Path, options: &[&str]) -> Result<CdiMount> {
        Ok(CdiMount {
            host_path: text(&below(self.root, host))?,
            container_path: text(container)?,
            options: options.iter().map(|option| (*option).into()).collect(),
        })
    }

    fn add_driver_files(&self, to: &mut CdiContainerEdits, found: &DriverFiles, hook: Option<&Path>) -> Result<()> {
        for library in &found.libraries {
            to.mounts.push(self.mount(&library.path, &library.path, &FILES)?);
            if hook.is_none() {
                let names = library.names.iter().map(|name| self.mount(&library.path, name, &FILES));
                to.mounts.extend(names.collect::<Result<Vec<_>>>()?);
            }
        }
        for file in &found.others {
            to.mounts.push(self.mount(file, file, &FILES)?);
        }
        for socket in &found.sockets {
            to.mounts.push(self.mount(socket, socket, &SOCKETS)?);
        }
        to.hooks = match hook {
            Some(program) => hooks(program, found)?,
            None => Vec::new(),
        };
        Ok(())
    }
}

/// The runs of NVIDIA's program that make the libraries known.
fn hooks(program: &Path, found: &DriverFiles) -> Result<Vec<CdiHook>> {
    let path = text(program)?;
    let name = text(Path::new(program.file_name().unwrap_or_default()))?;
    if !program.is_absolute() || name.is_empty() {
        return Err(Error::InvalidText { what: "program for a CDI hook", text: path, allowed: "an absolute path" });
    }
    // In `nvidia-ctk` they are one kind of commands among others.
    let begin = if name == "nvidia-ctk" { vec![name, "hook".into()] } else { vec![name] };
    let run = |command: &str, option: &str, values: Vec<String>| CdiHook {
        hook_name: "createContainer".into(),
        path: path.clone(),
        args: begin
            .iter()
            .cloned()
            .chain([command.into()])
            .chain(values.into_iter().flat_map(|value| [option.into(), value]))
            .collect(),
    };
    let link = |library: &Path, name: &PathBuf| {
        let near = library.file_name().map(Path::new).filter(|_| library.parent() == name.parent());
        Ok(format!("{}::{}", text(near.unwrap_or(library))?, text(name)?))
    };
    let links = found.libraries.iter().flat_map(|library| library.names.iter().map(|name| link(&library.path, name)));
    let links = links.collect::<Result<Vec<_>>>()?;
    let mut folders: Vec<_> = found.libraries.iter().filter_map(|library| library.path.parent()).collect();
    folders.dedup();
    let folders = folders.into_iter().map(text).collect::<Result<_>>()?;
    let made = (!links.is_empty()).then(|| run("create-symlinks", "--link", links));
    Ok(made.into_iter().chain([run("update-ldcache", "--folder", folders)]).collect())
}

/// A path as the format has it, which is text.
fn text(path: &Path) -> Result<String> {
    path.to_str().map(str::to_owned).ok_or_else(|| Error::InvalidText {
        what: "path for a CDI specification",
        text: path.to_string_lossy().into_owned(),
        allowed: "UTF-8",
    })
}
