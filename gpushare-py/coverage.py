#!/usr/bin/env python3
"""Holds the Python package against the Rust library: every public type, function and field has a counterpart, or a reason.

Writes COVERAGE.md; with --check, compares only. Needs nothing but Python.
"""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path

HERE = Path(__file__).parent
RUST = HERE.parent / "gpushare/src"
TABLE = HERE / "COVERAGE.md"

# What is called otherwise in Python.
ELSEWHERE = {
    "ActiveThreadPercentage::advisory": "mps_advisory()",
    "ActiveThreadPercentage::multiprocessors": "mps_multiprocessors()",
    "Advisory::deny": "mps_session(deny_advisories=)",
    "ApplyOptions::directory": "Gpu.apply(directory=)",
    "ApplyOptions::journal": "Gpu.apply(journal=)",
    "ApplyOptions::replan": "Gpu.apply(replan=)",
    "ApplyOptions::reset": "Gpu.apply(reset=)",
    "ApplyOptions::without_journal": "Gpu.apply(journal=)",
    "CdiOptions::all": "DeviceFiles.cdi_spec(all=)",
    "CdiOptions::class": "DeviceFiles.cdi_spec(device_class=)",
    "CdiOptions::device_numbers": "DeviceFiles.cdi_spec(device_numbers=)",
    "CdiOptions::driver_files": "DeviceFiles.cdi_spec(driver_files=)",
    "CdiOptions::hook": "DeviceFiles.cdi_spec(hook=)",
    "CdiOptions::host_root": "DeviceFiles.cdi_spec(host_root=)",
    "CdiOptions::kind": "DeviceFiles.cdi_spec(vendor=)",
    "CdiOptions::names": "DeviceFiles.cdi_spec(names=)",
    "CdiOptions::vendor": "DeviceFiles.cdi_spec(vendor=)",
    "CdiOptions::without_all": "DeviceFiles.cdi_spec(all=)",
    "CudaRules::mig": "CudaRules(mig=)",
    "CudaRules::order": "CudaRules(order=)",
    "CudaVersion::major": "Nvml.cuda_driver_version()[0]",
    "CudaVersion::minor": "Nvml.cuda_driver_version()[1]",
    "DestroyError::error": "GpuInstance.destroy() raises it",
    "DeviceFilter::models": "MigPartedEntry.device_filter",
    "Error::call": "GpuShareError.call",
    "Error::nvml_return": "GpuShareError.nvml_return",
    "Error::target": "GpuShareError.target",
    "EventSet::iter": "EventSet.__iter__()",
    "EventSet::stopper": "EventSet.stop()",
    "EventStopper::is_stopped": "EventSet.is_stopped",
    "EventStopper::stop": "EventSet.stop()",
    "FrontEnd::patience": "MpsDaemon.attach(patience=)",
    "FrontEnd::pipe_directory": "MpsDaemon.pipe_directory",
    "FrontEnd::program": "MpsDaemon.attach(program=)",
    "Gpu::plan_with": "Gpu.plan(destroy_in_use=)",
    "GpuInstanceProfileKind::attributes": "GpuInstanceProfile.attributes",
    "MpsDaemon::attach_by": "MpsDaemon.attach(program=)",
    "MpsDaemon::builder": "MpsDaemon.start()",
    "MpsDaemonBuilder::all_users": "MpsDaemon.start(all_users=)",
    "MpsDaemonBuilder::devices": "MpsDaemon.start(devices=)",
    "MpsDaemonBuilder::env": "MpsDaemon.start(env=)",
    "MpsDaemonBuilder::log_directory": "MpsDaemon.start(log_directory=)",
    "MpsDaemonBuilder::multi_user": "MpsDaemon.start(multi_user=)",
    "MpsDaemonBuilder::patience": "MpsDaemon.start(patience=)",
    "MpsDaemonBuilder::program": "MpsDaemon.start(program=)",
    "MpsDaemonBuilder::start": "MpsDaemon.start()",
    "MpsSession::builder": "mps_session()",
    "MpsSession::client_environment": "MpsSession.env()",
    "MpsSession::mig_builder": "mps_session()",
    "MpsSession::spawn": "MpsSession.env()",
    "MpsSession::wrap": "MpsSession.env()",
    "MpsSessionBuilder::active_thread_percentage": "mps_session(active_thread_percentage=)",
    "MpsSessionBuilder::all_users": "mps_session(all_users=)",
    "MpsSessionBuilder::client_priority": "mps_session(client_priority=)",
    "MpsSessionBuilder::deny_advisories": "mps_session(deny_advisories=)",
    "MpsSessionBuilder::directory": "mps_session(directory=)",
    "MpsSessionBuilder::env": "mps_session(env=)",
    "MpsSessionBuilder::exclusive_process": "mps_session(exclusive_process=)",
    "MpsSessionBuilder::multi_user": "mps_session(multi_user=)",
    "MpsSessionBuilder::patience": "mps_session(patience=)",
    "MpsSessionBuilder::pinned_device_memory_limit": "mps_session(pinned_device_memory_limit_mib=)",
    "MpsSessionBuilder::program": "mps_session(program=)",
    "MpsSessionBuilder::recover": "mps_recover()",
    "MpsSessionBuilder::start": "mps_session()",
    "NvidiaSmi::env": "Gpu.time_slice(env=)",
    "NvidiaSmi::patience": "Gpu.time_slice(patience=)",
    "NvidiaSmi::program": "Gpu.time_slice(program=)",
    "NvidiaSmi::set_time_slice": "Gpu.set_time_slice()",
    "NvidiaSmi::time_slice": "Gpu.time_slice()",
    "Nvml::load": "Nvml()",
    "NvmlBuilder::flags": "Nvml(flags=)",
    "NvmlBuilder::init": "Nvml()",
    "NvmlBuilder::library": "Nvml(library=)",
    "NvmlBuilder::procfs": "Nvml(procfs=)",
    "NvmlBuilder::root": "Nvml(root=)",
    "NvmlReturn::description": "NvmlReturn.description",
    "NvmlReturn::name": "NvmlReturn.nvml_name",
    "PinnedDeviceMemoryLimit::mib": "MpsDaemon.set_default_pinned_device_memory_limit(limit_mib=)",
    "PipeDirectory::at": "PipeDirectory()",
    "Plan::options": "Plan.destroy_in_use",
    "PlanOptions::destroy_in_use": "Gpu.plan(destroy_in_use=)",
    "SlurmOptions::cores": "DeviceFiles.slurm_gres(cores=)",
    "SlurmOptions::count": "DeviceFiles.slurm_gres(count=)",
    "SlurmOptions::host_root": "DeviceFiles.slurm_gres(host_root=)",
    "SlurmOptions::node_name": "DeviceFiles.slurm_gres(node_name=)",
}
# Sizes that say their unit, because a Python number does not.
MIB = {f"{name}::memory": f"{name}.memory_mib" for name in ("GpuInstanceProfile", "MigDeviceAttributes")}
# What Python does not need.
LEFT_OUT = {
    "ActiveThreadPercentage": "a percentage is a `float`",
    "ApplyOptions": "keyword arguments",
    "Bytes": "a number of bytes is an `int`",
    "CdiOptions": "keyword arguments",
    "ContainerDevice": "an entry is a `str`",
    "ContainerId": "an id is a `str`",
    "ComputeInstanceId": "an id is an `int`",
    "ComputeInstanceProfileId": "an id is an `int`",
    "ComputeInstanceProfileKind": "an index is an `int`",
    "CudaVersion": "a tuple of two `int`",
    "Destroy": "`with`",
    "DestroyError": "the handle is still there",
    "DeviceFilter": "a list of `int`",
    "Error": "the exceptions",
    "ErrorKind": "the class of the exception",
    "EventKind": "`GpuEvent.kind`, which is an `EventKinds`, and `GpuEvent.xid`",
    "EventStopper": "`EventSet.stop`",
    "Events": "`for event in events`",
    "FrontEnd": "keyword arguments of `MpsDaemon.attach`",
    "GpuInstanceId": "an id is an `int`",
    "GpuInstanceProfileId": "an id is an `int`",
    "GpuInstanceProfileKind": "an index is an `int`",
    "GpuUuid": "a UUID is a `str`",
    "Mib": "a number of MiB is an `int`, and its name says `mib`",
    "MigPartedDevices": "a list of `int`, or `None` for all",
    "MigUuid": "a UUID is a `str`",
    "MpsCommand": "the methods of `MpsDaemon` and `MpsServer`",
    "MpsControl": "the methods of `MpsDaemon` and `MpsServer`",
    "MpsDaemonBuilder": "keyword arguments",
    "MpsDeviceOrdinal": "a device of a daemon is an `int`",
    "MpsSessionBuilder": "keyword arguments",
    "NVIDIA_SMI_VARIABLE": "`GPUSHARE_NVIDIA_SMI`, in the environment",
    "NvidiaSmi": "keyword arguments",
    "NvmlBuilder": "keyword arguments",
    "PinnedDeviceMemoryLimit": "a number of MiB is an `int`, and its name says `mib`",
    "PlanOptions": "keyword arguments",
    "Reset": "`None`, `\"nvidia-smi\"` or a function",
    "Result": "exceptions",
    "Scoped": "`with`",
    "SlurmOptions": "keyword arguments",
    "SnapshotSchema": "the form of a snapshot's JSON is an `int`: `Snapshot.schema`",
    "UuidPrefix": "the beginning of a UUID is a `str`",
    "TimeSliceError": "the exceptions of what the caller can do about it",
    "sys": "for calls that gpushare does not wrap, another package",
    "ActiveThreadPercentage::new": "a percentage is a `float`, and checked where it is given",
    "ActiveThreadPercentage::percent": "a percentage is a `float`",
    "ApplyOptions::new": "keyword arguments",
    "CdiOptions::new": "keyword arguments",
    "SlurmOptions::new": "keyword arguments",
    "Bytes::to_mib": "a number of bytes is an `int`",
    "ContainerId::as_str": "an id is a `str`",
    "DestroyError::handle": "the handle is still there",
    "Error::kind": "the class of the exception",
    "FrontEnd::new": "keyword arguments of `MpsDaemon.attach`",
    "GpuUuid::as_bytes": "a UUID is a `str`",
    "MigUuid::is_legacy": "a UUID is a `str`",
    "MigUuid::legacy": "a UUID is a `str`; `MigDevice.visible_device_forms` has this form",
    "MpsCommand::is_repeatable": "the methods of `MpsDaemon` and `MpsServer`",
    "MpsCommand::word": "the methods of `MpsDaemon` and `MpsServer`",
    "MpsDaemon::control": "the methods of `MpsDaemon` and `MpsServer`",
    "MpsDeviceOrdinal::get": "a device of a daemon is an `int`",
    "MpsDeviceOrdinal::new": "a device of a daemon is an `int`, and checked where it is given",
    "NvidiaSmi::new": "keyword arguments",
    "Nvml::builder": "keyword arguments",
    "PinnedDeviceMemoryLimit::new": "a number of MiB is an `int`, and checked where it is given",
    "UuidPrefix::digits": "the beginning of a UUID is a `str`",
    "UuidPrefix::matches": "the beginning of a UUID is a `str`",
    "Scoped::close": "the end of `with`",
    "Scoped::keep": "no `with`, or `contextlib.ExitStack.pop_all`",
}


def exported() -> set[str]:
    """The names that lib.rs makes public."""
    source = (RUST / "lib.rs").read_text().split("#[cfg(test)]")[0]
    used = re.findall(r"^pub use (?:[\w:]+::(\{.*?\}|\w+)|\w+ as (\w+));", source, re.M | re.S)
    return {name for names in used for name in re.findall(r"\w+", "".join(names))}


def blocks(source: str, head: str) -> list[tuple[re.Match[str], str]]:
    """The blocks that begin at the start of a line with something, up to the brace at the start of a line."""
    found = re.finditer(rf"^( *){head}[^;{{]*\{{\n(.*?)^\1\}}", source, re.M | re.S)
    return [(match, match.group(match.lastindex or 0)) for match in found]


def names_of(source: str, name: str) -> list[str]:
    """The types that a block is about: one, or those that a macro of this file is called with."""
    return re.findall(r"^(?:number|placement)!\(\n(?: *///.*\n)*(?: *///.*\n)* *(\w+)\n\);", source, re.M) if name == "$name" else [name]


def rust() -> set[str]:
    public = exported()
    found = set()
    for path in sorted(RUST.rglob("*.rs")):
        source = path.read_text().split("#[cfg(test)]")[0]
        for match, body in blocks(source, r"impl(?:<[^>]*>)? (\$?\w+)(?:<[^>]*>)?(?= \{)"):
            for name in names_of(source, match.group(2)):
                found |= {f"{name}::{function}" for function in re.findall(r"^ +pub (?:const )?fn (\w+)", body, re.M)}
        for match, body in blocks(source, r"pub struct (\$?\w+)(?:<[^>]*>)?(?= \{)"):
            for name in names_of(source, match.group(2)):
                found |= {f"{name}::{field}" for field in re.findall(r"^ +pub (\w+):", body, re.M)}
        found |= set(re.findall(r"^pub fn (\w+)", source, re.M))
    return public | {name for name in found if name.split("::")[0] in public}


def python() -> set[str]:
    """What the package has, from its stubs and sources."""
    found = set()
    for path in (HERE / "python/gpushare").glob("*.py*"):
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.FunctionDef):
                found.add(node.name)
            if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
                found.add(node.target.id)
            if isinstance(node, ast.ClassDef):
                found.add(node.name)
                for inner in node.body:
                    if isinstance(inner, ast.FunctionDef):
                        found.add(f"{node.name}.{inner.name}")
                        arguments = [*inner.args.args, *inner.args.kwonlyargs]
                        target = node.name if inner.name == "__new__" else f"{node.name}.{inner.name}"
                        found |= {f"{target}({argument.arg}=)" for argument in arguments}
                    if isinstance(inner, ast.AnnAssign) and isinstance(inner.target, ast.Name):
                        found.add(f"{node.name}.{inner.target.id}")
    return found


def counterpart(name: str, present: set[str]) -> str | None:
    """What a Rust name is in Python, or why it is nothing there."""
    if name in LEFT_OUT:
        return LEFT_OUT[name]
    wanted = {**ELSEWHERE, **MIB}.get(name) or name.replace("::", ".")
    if wanted.endswith(".new"):
        wanted = wanted.removesuffix(".new")
    known = wanted if wanted in present else re.sub(r"[(\[].*", "", wanted)
    return f"`{wanted}`" if known in present else None


def main() -> int:
    names, present = rust(), python()
    table = {name: counterpart(name, present) for name in sorted(names)}
    problems = [f"{name} has no counterpart in Python" for name, other in table.items() if other is None]
    problems += [f"{name} is named in coverage.py and is not in Rust" for name in {**ELSEWHERE, **MIB, **LEFT_OUT} if name not in names]
    if len(names) < 200:
        problems.append(f"only {len(names)} names found in Rust")
    text = "\n".join(
        [
            "What each public type, function and field of the Rust library is in Python. Written by `coverage.py`.",
            "",
            "| Rust | Python |",
            "| --- | --- |",
            *(f"| `{name}` | {other} |" for name, other in table.items()),
            "",
        ]
    )
    if sys.argv[1:] != ["--check"]:
        TABLE.write_text(text)
    elif not TABLE.is_file() or TABLE.read_text() != text:
        problems.append("COVERAGE.md is not what coverage.py writes")
    print("\n".join(problems) or f"coverage: {len(names)} names, {len(LEFT_OUT)} left out")
    return bool(problems)


if __name__ == "__main__":
    sys.exit(main())
