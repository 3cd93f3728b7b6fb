//! The driver's files in a CDI specification, from a driver root that was made up.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use gpushare::{CdiHook, CdiOptions, CdiSpec, ErrorKind};
use tempfile::TempDir;

use crate::cdi::read;
use crate::stage::{Outcome, made_up};

const LIBRARIES: &str = "usr/lib/x86_64-linux-gnu";

/// A folder with what NVIDIA's installer leaves, with things that are not to be found beside it, and with a link that leads out.
fn driver_root() -> Outcome<TempDir> {
    let root = tempfile::tempdir()?;
    let file = |path: &str| -> Outcome {
        let path = root.path().join(path);
        fs::create_dir_all(path.parent().ok_or("a folder")?)?;
        Ok(fs::write(path, "")?)
    };
    for library in [
        "libcuda.so.580.126.09",
        "libnvidia-ml.so.580.126.09",
        "libnvidia-nvvm70.so.4",
        "libcuda.so.535.1",
        "libc.so.6",
        "nvidia.so.580.126.09",
    ] {
        file(&format!("{LIBRARIES}/{library}"))?;
    }
    for path in [
        "usr/bin/nvidia-smi",
        "usr/bin/nvidia-cuda-mps-control",
        "usr/bin/nvidia-settings",
        "usr/lib/firmware/nvidia/580.126.09/gsp_ga10x.bin",
        "usr/lib/firmware/nvidia/580.126.09/README",
        "usr/lib/firmware/nvidia/535.1/gsp_ga10x.bin",
        "run/nvidia-persistenced/socket",
    ] {
        file(path)?;
    }
    let link = |to: &str, from: &str| symlink(to, root.path().join(from));
    link("usr/lib", "lib")?;
    link("libcuda.so.580.126.09", &format!("{LIBRARIES}/libcuda.so.1"))?;
    link("libcuda.so.1", &format!("{LIBRARIES}/libcuda.so"))?;
    link("libnvidia-ml.so.580.126.09", &format!("{LIBRARIES}/libnvidia-ml.so.1"))?;
    link("/proc/self/status", &format!("{LIBRARIES}/libout.so.580.126.09"))?;
    link("nowhere", &format!("{LIBRARIES}/libgone.so.580.126.09"))?;
    link("/bin/sh", "usr/bin/nvidia-debugdump")?;
    Ok(root)
}

fn specification(root: &Path, options: CdiOptions) -> Outcome<CdiSpec> {
    let text = root.to_str().ok_or("text")?;
    let spec = made_up(text)?.cdi_spec(&options)?;
    read(&spec)?;
    Ok(spec)
}

/// What a container has, by its path there, and where that is below the root.
fn mounted(spec: &CdiSpec, root: &str) -> Vec<(String, String)> {
    let below = |path: &str| path.strip_prefix(root).unwrap_or("elsewhere").to_owned();
    spec.container_edits.mounts.iter().map(|mount| (mount.container_path.clone(), below(&mount.host_path))).collect()
}

#[test]
fn a_container_gets_the_drivers_files_by_all_their_names() -> Outcome {
    let root = driver_root()?;
    let spec = specification(root.path(), CdiOptions::new().driver_files())?;
    let library = |name: &str| format!("/{LIBRARIES}/{name}");
    let same = |path: &str| (path.to_owned(), path.to_owned());
    let cuda = library("libcuda.so.580.126.09");
    let ml = library("libnvidia-ml.so.580.126.09");
    assert_eq!(
        mounted(&spec, root.path().to_str().ok_or("text")?),
        [
            same(&cuda),
            (library("libcuda.so"), cuda.clone()),
            (library("libcuda.so.1"), cuda.clone()),
            same(&ml),
            (library("libnvidia-ml.so.1"), ml.clone()),
            same(&library("libnvidia-nvvm70.so.4")),
            same("/usr/bin/nvidia-smi"),
            same("/usr/bin/nvidia-cuda-mps-control"),
            same("/usr/lib/firmware/nvidia/580.126.09/gsp_ga10x.bin"),
            same("/run/nvidia-persistenced/socket"),
        ]
    );
    let mounts = &spec.container_edits.mounts;
    assert_eq!(mounts[0].options, ["ro", "nosuid", "nodev", "rbind", "rprivate"]);
    assert_eq!(mounts[9].options, ["nosuid", "nodev", "noexec", "rbind", "rprivate"]);
    assert!(spec.container_edits.hooks.is_empty());
    Ok(())
}

/// As installers do that leave the system's folders alone.
#[test]
fn the_drivers_files_may_be_in_a_folder_of_their_own() -> Outcome {
    let root = driver_root()?;
    let own = root.path().join("usr/local/nvidia");
    fs::create_dir_all(&own)?;
    fs::rename(root.path().join(LIBRARIES), own.join("lib64"))?;
    fs::rename(root.path().join("usr/bin"), own.join("bin"))?;
    let spec = specification(root.path(), CdiOptions::new().driver_files())?;
    let mounted = mounted(&spec, root.path().to_str().ok_or("text")?);
    let paths: Vec<_> = mounted.iter().map(|(path, _)| path.as_str()).collect();
    assert_eq!(paths[..2], ["/usr/local/nvidia/lib64/libcuda.so.580.126.09", "/usr/local/nvidia/lib64/libcuda.so"]);
    assert!(paths.contains(&"/usr/local/nvidia/bin/nvidia-smi"), "{paths:?}");
    Ok(())
}

#[test]
fn nvidias_program_makes_the_names_where_there_is_one() -> Outcome {
    let root = driver_root()?;
    let hooks = |program: &str| -> Outcome<Vec<CdiHook>> {
        let spec = specification(root.path(), CdiOptions::new().hook(program).host_root("/run/nvidia/driver"))?;
        assert_eq!(mounted(&spec, "/run/nvidia/driver").len(), 7);
        assert_eq!(
            spec.container_edits.mounts[0].host_path,
            format!("/run/nvidia/driver/{LIBRARIES}/libcuda.so.580.126.09")
        );
        Ok(spec.container_edits.hooks)
    };
    let made = hooks("/usr/bin/nvidia-cdi-hook")?;
    assert!(made.iter().all(|hook| hook.hook_name == "createContainer" && hook.path == "/usr/bin/nvidia-cdi-hook"));
    let link = |to: &str, name: &str| format!("{to}::/{LIBRARIES}/{name}");
    let (cuda, ml) = ("libcuda.so.580.126.09", "libnvidia-ml.so.580.126.09");
    let links = [link(cuda, "libcuda.so"), link(cuda, "libcuda.so.1"), link(ml, "libnvidia-ml.so.1")];
    let expected =
        ["nvidia-cdi-hook", "create-symlinks", "--link", &links[0], "--link", &links[1], "--link", &links[2]];
    assert_eq!(made[0].args, expected);
    let folder = format!("/{LIBRARIES}");
    assert_eq!(made[1].args, ["nvidia-cdi-hook", "update-ldcache", "--folder", &folder]);
    assert_eq!(hooks("/usr/bin/nvidia-ctk")?[1].args, ["nvidia-ctk", "hook", "update-ldcache", "--folder", &folder]);

    // Debian has the libraries in a folder of their own, and links to them where loaders look.
    let own = format!("{LIBRARIES}/nvidia/current");
    fs::create_dir_all(root.path().join(&own))?;
    fs::rename(root.path().join(LIBRARIES).join(cuda), root.path().join(&own).join(cuda))?;
    fs::remove_file(root.path().join(LIBRARIES).join("libcuda.so.1"))?;
    symlink(format!("nvidia/current/{cuda}"), root.path().join(LIBRARIES).join("libcuda.so.1"))?;
    let made = specification(root.path(), CdiOptions::new().hook("/usr/bin/nvidia-cdi-hook"))?.container_edits.hooks;
    let links = [link(&format!("/{own}/{cuda}"), "libcuda.so"), link(&format!("/{own}/{cuda}"), "libcuda.so.1")];
    assert!(links.iter().all(|wanted| made[0].args.contains(wanted)), "{:?}", made[0].args);
    assert_eq!(made[1].args[2..], ["--folder", &folder, "--folder", &format!("/{own}")]);

    let text = root.path().to_str().ok_or("text")?;
    let error = made_up(text)?.cdi_spec(&CdiOptions::new().hook("nvidia-cdi-hook")).unwrap_err();
    assert_eq!(error.to_string(), "not a program for a CDI hook: \"nvidia-cdi-hook\"; expected an absolute path");
    Ok(())
}

#[test]
fn a_root_without_the_drivers_libraries_is_named() -> Outcome {
    let root = driver_root()?;
    fs::remove_file(root.path().join(LIBRARIES).join("libcuda.so.580.126.09"))?;
    let text = root.path().to_str().ok_or("text")?;
    let error = made_up(text)?.cdi_spec(&CdiOptions::new().driver_files()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert_eq!(error.to_string(), format!("{text}: no folder of libraries below it has libcuda.so.580.126.09"));
    let missing = made_up("/nowhere")?.cdi_spec(&CdiOptions::new().driver_files()).unwrap_err();
    assert_eq!(missing.kind(), ErrorKind::NotFound);
    Ok(())
}
