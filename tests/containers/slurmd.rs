//! Slurm's own daemon reads the lines: `slurmd -G` says which devices it found.
//!
//! It is the one that `.ci/fetch-container-tools` has left in the folder that `GPUSHARE_CONTAINER_TOOLS` names, or the one on the path.

use std::env;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use gpushare::{SlurmGres, SlurmOptions};

use crate::stage::{Outcome, walkthrough};

struct Slurmd {
    program: PathBuf,
    /// Where its libraries and plugins are, if it is not installed.
    libraries: Option<PathBuf>,
}

impl Slurmd {
    fn find() -> Outcome<Option<Self>> {
        if let Some(tools) = env::var_os("GPUSHARE_CONTAINER_TOOLS") {
            let tools = fs::canonicalize(tools)?;
            return Ok(Some(Self { program: tools.join("slurmd"), libraries: Some(tools.join("lib")) }));
        }
        let path = env::var_os("PATH").unwrap_or_default();
        // Where Debian has it, which is not on the path of all.
        let folders = env::split_paths(&path).chain(["/usr/sbin".into()]);
        let installed = folders.map(|folder| folder.join("slurmd")).find(|program| program.is_file());
        Ok(installed.map(|program| Self { program, libraries: None }))
    }

    /// What it says of a node with such lines and such a part of the node's line.
    fn says(&self, folder: &Path, lines: &str, node_gres: &str) -> Outcome<String> {
        let user = rustix::process::geteuid().as_raw();
        let shown = folder.display();
        let plugins = self.libraries.iter().map(|libraries| format!("PluginDir={}\n", libraries.display()));
        let conf = format!(
            "ClusterName=test\nSlurmctldHost=localhost\nAuthType=auth/none\nCredType=cred/none\nSlurmUser={user}\nSlurmdUser={user}\n\
             SlurmdSpoolDir={shown}/spool\nSlurmdPidFile={shown}/pid\nSelectType=select/cons_tres\nProctrackType=proctrack/pgid\n\
             TaskPlugin=task/none\n{}GresTypes=gpu\nNodeName=node0 CPUs=1 {node_gres}\nPartitionName=all Nodes=node0\n",
            plugins.collect::<String>()
        );
        fs::create_dir_all(folder.join("spool"))?;
        fs::write(folder.join("slurm.conf"), conf)?;
        fs::write(folder.join("gres.conf"), lines)?;
        // This plugin alone needs nothing of the machine's control groups as long as no job runs.
        let groups = format!("CgroupPlugin=cgroup/v1\nCgroupMountpoint={shown}/cgroup\n");
        fs::write(folder.join("cgroup.conf"), groups)?;
        let mut run = Command::new(&self.program);
        run.args(["-G", "-N", "node0", "-f"]).arg(folder.join("slurm.conf"));
        if let Some(libraries) = &self.libraries {
            run.env("LD_LIBRARY_PATH", libraries);
        }
        let output = run.output()?;
        let said = String::from_utf8(output.stderr)?;
        assert!(output.status.success(), "{}: {said}", output.status);
        Ok(said)
    }
}

/// The devices that it found: type, count, files and cores.
fn found(said: &str) -> Vec<[&str; 4]> {
    let lines = said.lines().filter_map(|line| line.split_once("Gres Name=gpu "));
    lines.map(|(_, line)| ["Type=", "Count=", "File=", "Cores="].map(|name| after(line, name))).collect()
}

fn after<'a>(line: &'a str, name: &str) -> &'a str {
    line.split(' ').find_map(|word| word.strip_prefix(name)).unwrap_or_default()
}

/// A folder whose `dev` has what the lines name. Devices they must be, so links to one are there.
fn host(gres: &SlurmGres, folder: &Path) -> Outcome {
    for file in gres.lines.iter().flat_map(|line| &line.files) {
        let file = Path::new(file);
        assert!(file.starts_with(folder), "{file:?}");
        fs::create_dir_all(file.parent().ok_or("a folder")?)?;
        if !file.exists() {
            symlink("/dev/null", file)?;
        }
    }
    Ok(())
}

#[test]
fn slurmd_finds_the_walkthroughs_devices() -> Outcome {
    let Some(slurmd) = Slurmd::find()? else {
        println!("left out: there is no slurmd; .ci/fetch-container-tools fetches one");
        return Ok(());
    };
    let (_machine, nvml) = walkthrough()?;
    let folder = tempfile::tempdir()?;
    let files = nvml.device_files()?;
    for options in [SlurmOptions::new(), SlurmOptions::new().node_name("node[0-1]").count().cores(0, "0")] {
        let gres = files.slurm_gres(&options.host_root(folder.path()))?;
        host(&gres, folder.path())?;
        let said = slurmd.says(folder.path(), &gres.to_string(), &gres.node_gres())?;
        for word in ["error", "fatal", "WARNING", "gnoring", "nvalid"] {
            assert!(!said.contains(word), "{said}");
        }
        let expected: Vec<_> = gres
            .lines
            .iter()
            .map(|line| (line.type_name.clone(), "1", line.files.join(","), line.cores.clone().unwrap_or_default()))
            .collect();
        let read: Vec<_> = found(&said)
            .into_iter()
            .map(|[kind, count, files, cores]| (kind.to_owned(), count, files.to_owned(), cores.to_owned()))
            .collect();
        assert_eq!(read, expected, "{said}");
        // It would say if the two files did not agree.
        let less = gres.node_gres().replace(":7", ":6");
        let said = slurmd.says(folder.path(), &gres.to_string(), &less)?;
        assert!(said.contains("has 1 more configured than expected in slurm.conf"), "{said}");
    }
    Ok(())
}
