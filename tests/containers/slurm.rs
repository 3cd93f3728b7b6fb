//! The lines for Slurm: the devices of the walkthrough, and what Slurm could not read.

use gpushare::{Error, SlurmOptions};

use crate::stage::{Outcome, made_up, walkthrough};

/// The lines of the walkthrough's node for a `slurmd` that sees the nodes where programs do.
const LINES: &str = "\
Name=gpu Type=nvidia_a100_4g.20gb MultipleFiles=/dev/nvidia0,/dev/nvidia-caps/nvidia-cap21,/dev/nvidia-caps/nvidia-cap22
Name=gpu Type=nvidia_a100_1c.2g.10gb MultipleFiles=/dev/nvidia0,/dev/nvidia-caps/nvidia-cap30,/dev/nvidia-caps/nvidia-cap31
Name=gpu Type=nvidia_a100_1c.2g.10gb MultipleFiles=/dev/nvidia0,/dev/nvidia-caps/nvidia-cap30,/dev/nvidia-caps/nvidia-cap32
Name=gpu Type=nvidia_a100_1g.5gb MultipleFiles=/dev/nvidia0,/dev/nvidia-caps/nvidia-cap84,/dev/nvidia-caps/nvidia-cap85
Name=gpu Type=nvidia_a100-sxm4-40gb File=/dev/nvidia1
Name=gpu Type=nvidia_a100-sxm4-40gb File=/dev/nvidia2
Name=gpu Type=nvidia_a100-sxm4-40gb File=/dev/nvidia3
Name=gpu Type=nvidia_a100-sxm4-40gb File=/dev/nvidia4
Name=gpu Type=nvidia_a100-sxm4-40gb File=/dev/nvidia5
Name=gpu Type=nvidia_a100-sxm4-40gb File=/dev/nvidia6
Name=gpu Type=nvidia_a100-sxm4-40gb File=/dev/nvidia7
";

#[test]
fn each_device_is_a_line() -> Outcome {
    let (_machine, nvml) = walkthrough()?;
    let gres = nvml.slurm_gres(&SlurmOptions::new().host_root("/"))?;
    assert_eq!(gres.to_string(), LINES);
    assert_eq!(gres.gres_types(), "GresTypes=gpu");
    assert_eq!(
        gres.node_gres(),
        "Gres=gpu:nvidia_a100_4g.20gb:1,gpu:nvidia_a100_1c.2g.10gb:2,gpu:nvidia_a100_1g.5gb:1,gpu:nvidia_a100-sxm4-40gb:7"
    );
    let one = nvml.gpu(0)?.mig_devices()?[1].device_files()?.slurm_gres(&SlurmOptions::new().host_root("/"))?;
    assert_eq!(one.to_string(), format!("{}\n", LINES.lines().nth(1).ok_or("a line")?));
    Ok(())
}

#[test]
fn a_line_says_what_it_is_to_say() -> Outcome {
    let files = made_up("/run/nvidia/driver")?;
    let options = SlurmOptions::new().node_name("tux[0-3],tux9").count().cores(1, "16-31,48-63");
    let lines: Vec<_> = files.slurm_gres(&options)?.lines.iter().map(ToString::to_string).collect();
    let begin = "NodeName=tux[0-3],tux9 Name=gpu Type=nvidia_h200 File=/run/nvidia/driver/dev";
    assert_eq!(lines, [format!("{begin}/nvidia0 Count=1"), format!("{begin}/nvidia1 Count=1 Cores=16-31,48-63")]);
    Ok(())
}

#[test]
fn a_gpu_with_mig_and_without_devices_is_no_line() -> Outcome {
    let mut files = made_up("/")?;
    files.gpus.iter_mut().for_each(|gpu| gpu.mig_enabled = true);
    let gres = files.slurm_gres(&SlurmOptions::new())?;
    assert_eq!((gres.to_string(), gres.node_gres()), (String::new(), String::new()));
    Ok(())
}

#[test]
fn what_slurm_could_not_read_is_named() -> Outcome {
    let files = made_up("/")?;
    let refused = |options: SlurmOptions| match files.slurm_gres(&options).unwrap_err() {
        Error::InvalidText { what, text, .. } => (what, text),
        other => ("another error", other.to_string()),
    };
    for name in ["", "tux 1", "tux#1", "tux\"", "tux=1", "tüx", "tux\n"] {
        assert_eq!(refused(SlurmOptions::new().node_name(name)), ("node name for Slurm", name.into()));
    }
    for cores in ["", "0 1", "L0", "0-3#"] {
        assert_eq!(refused(SlurmOptions::new().cores(0, cores)), ("list of cores for Slurm", cores.into()));
    }
    for root in ["/a,b", "/a[0-1]", "/a b", "/a#b", "/é"] {
        let (what, text) = refused(SlurmOptions::new().host_root(root));
        assert_eq!((what, text), ("path for Slurm", format!("{root}/dev/nvidia0")));
    }
    Ok(())
}
