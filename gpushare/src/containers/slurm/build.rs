//! The lines for Slurm of a node's devices.

use std::path::Path;

use super::gres::{SlurmGres, SlurmGresLine};
use super::options::SlurmOptions;
use crate::containers::device_files::{DeviceFiles, GpuFiles};
use crate::containers::device_node::{DeviceNode, below};
use crate::error::{Error, Result};
use crate::nvml::Nvml;

impl DeviceFiles {
    /// The lines by which Slurm lets jobs have these devices.
    ///
    /// A GPU with MIG enabled is no device of its own; its MIG devices are.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidText`] for a node name, cores or a path that Slurm could not read.
    ///
    /// ```
    /// # let machine = gpushare_sim::Machine::start()?;
    /// # let nvml = gpushare::Nvml::builder().library(machine.library()?).root(machine.root()).init()?;
    /// # let gpu = nvml.gpu(0)?;
    /// # gpu.set_mig_mode(true)?;
    /// use gpushare::SlurmOptions;
    /// let gi = gpu.create_gpu_instance(&gpu.gpu_instance_profile("4g.20gb")?)?;
    /// gi.create_default_compute_instance()?;
    /// let gres = nvml.slurm_gres(&SlurmOptions::new().host_root("/"))?;
    /// let files = "/dev/nvidia0,/dev/nvidia-caps/nvidia-cap21,/dev/nvidia-caps/nvidia-cap22";
    /// assert_eq!(gres.lines[0].to_string(), format!("Name=gpu Type=nvidia_a100_4g.20gb MultipleFiles={files}"));
    /// assert_eq!(gres.lines[1].to_string(), "Name=gpu Type=nvidia_a100-sxm4-40gb File=/dev/nvidia1");
    /// assert_eq!(gres.node_gres(), "Gres=gpu:nvidia_a100_4g.20gb:1,gpu:nvidia_a100-sxm4-40gb:7");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn slurm_gres(&self, options: &SlurmOptions) -> Result<SlurmGres> {
        let root = options.host_root.as_deref().unwrap_or(&self.root);
        if let Some(name) = &options.node_name {
            let allowed = "one or more node names without blanks, quotes, '#' and '='";
            checked("node name for Slurm", name, allowed, |c| c.is_ascii_graphic() && !"\"'#=".contains(c))?;
        }
        for cores in options.cores.values() {
            let allowed = "numbers and ranges, such as 0-15,32-47";
            checked("list of cores for Slurm", cores, allowed, |c| c.is_ascii_digit() || "-,".contains(c))?;
        }
        let line = |gpu: &GpuFiles, type_name: String, nodes: &[&DeviceNode]| -> Result<SlurmGresLine> {
            Ok(SlurmGresLine {
                node_name: options.node_name.clone(),
                type_name,
                files: nodes.iter().map(|node| file(root, node)).collect::<Result<_>>()?,
                cores: options.cores.get(&gpu.index).cloned(),
                count: options.count.then_some(1),
            })
        };
        let mut lines = Vec::new();
        for gpu in &self.gpus {
            if !gpu.mig_enabled {
                lines.push(line(gpu, type_name(&gpu.name), &[&gpu.node])?);
            }
            for mig in &gpu.mig_devices {
                let nodes = [&gpu.node, &mig.gpu_instance, &mig.compute_instance];
                lines.push(line(gpu, mig_type_name(&gpu.name, &mig.name), &nodes)?);
            }
        }
        Ok(SlurmGres { lines })
    }
}

impl Nvml {
    /// The lines by which Slurm lets jobs have the GPUs and MIG devices of this node: [`DeviceFiles::slurm_gres`] of
    /// [`device_files`](Nvml::device_files).
    ///
    /// # Errors
    ///
    /// As there.
    pub fn slurm_gres(&self, options: &SlurmOptions) -> Result<SlurmGres> {
        self.device_files()?.slurm_gres(options)
    }
}

/// The type of a GPU: its product name in lower case, with underscores for whatever a list of resources could not have.
fn type_name(product: &str) -> String {
    let allowed = |c: char| c.is_ascii_alphanumeric() || ".+-_".contains(c);
    product.chars().map(|c| if allowed(c) { c.to_ascii_lowercase() } else { '_' }).collect()
}

/// The type of a MIG device: what comes before the first dash of its GPU's type, and its profile.
fn mig_type_name(product: &str, profile: &str) -> String {
    let gpu = type_name(product);
    format!("{}_{}", gpu.split('-').next().unwrap_or_default(), type_name(profile))
}

/// A device node on the host, in the grammar of Slurm's lists of files.
fn file(root: &Path, node: &DeviceNode) -> Result<String> {
    let path = below(root, &node.path);
    let path = path.to_string_lossy();
    let allowed = "ASCII without blanks, commas, brackets, quotes and '#'";
    checked("path for Slurm", &path, allowed, |c| c.is_ascii_graphic() && !",[]\"'#".contains(c))?;
    Ok(path.into_owned())
}

fn checked(what: &'static str, text: &str, allowed: &'static str, is_allowed: impl Fn(char) -> bool) -> Result<()> {
    match !text.is_empty() && text.chars().all(is_allowed) {
        true => Ok(()),
        false => Err(Error::InvalidText { what, text: text.into(), allowed }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_have_slurms_own_names() {
        for (product, name) in [
            ("NVIDIA A100-SXM4-40GB", "nvidia_a100-sxm4-40gb"),
            ("NVIDIA H200", "nvidia_h200"),
            ("Tesla V100-SXM2-16GB", "tesla_v100-sxm2-16gb"),
            ("NVIDIA, (odd):name=\"é\"#", "nvidia___odd__name_____"),
        ] {
            assert_eq!(type_name(product), name);
        }
        assert_eq!(mig_type_name("NVIDIA A100-SXM4-40GB", "1c.2g.10gb"), "nvidia_a100_1c.2g.10gb");
        assert_eq!(mig_type_name("NVIDIA H200", "1g.18gb+me"), "nvidia_h200_1g.18gb+me");
        assert_eq!(mig_type_name("NVIDIA A100 80GB PCIe", "1g.10gb"), "nvidia_a100_80gb_pcie_1g.10gb");
    }
}
