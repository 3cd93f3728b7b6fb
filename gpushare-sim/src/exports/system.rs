//! The library itself: initialisation, versions, names of processes.

use std::ffi::{c_char, c_int, c_uint};

use gpushare_sys::{
    NVML_ERROR_ARGUMENT_VERSION_MISMATCH, NVML_ERROR_NOT_FOUND, nvmlReturn_t, nvmlSystemDriverBranchInfo_t, signatures,
};

use super::argument::{Out, TOO_SHORT, chars};
use super::door::{self, Code, exports};
use super::hook::{self, Kind, Symbol};
use super::trace::Shown;
use crate::engine::{Access, Gpu};

macro_rules! before_the_door {
    ($(fn $name:ident($($parameter:ident: $kind:ty)?) -> $behaviour:path;)*) => {$(
        #[cfg_attr($name, unsafe(no_mangle))]
        #[allow(non_snake_case)]
        extern "C" fn $name($($parameter: $kind)?) -> nvmlReturn_t {
            hook::around(&Symbol { name: stringify!($name), kind: Kind::Opens }, || vec![$(Shown::Number($parameter.into()))?], $behaviour)
        }

        const _: signatures::$name = $name;
    )*};
}

before_the_door! {
    fn nvmlInit() -> door::initialise;
    fn nvmlInit_v2() -> door::initialise;
    fn nvmlInitWithFlags(_flags: c_uint) -> door::initialise;
    fn nvmlShutdown() -> door::shut_down;
}

exports! {
    read fn nvmlSystemGetDriverVersion(machine, _; version: Out<c_char>, length: c_uint) {
        version.text(length, machine.driver_version())
    }

    read fn nvmlSystemGetNVMLVersion(machine, _; version: Out<c_char>, length: c_uint) {
        version.text(length, &format!("{}.{}", machine.cuda_version() / 1000, machine.driver_version()))
    }

    read fn nvmlSystemGetCudaDriverVersion(machine, _; version: Out<c_int>) {
        version.put(machine.cuda_version() as c_int)
    }

    read fn nvmlSystemGetCudaDriverVersion_v2(machine, _; version: Out<c_int>) {
        version.put(machine.cuda_version() as c_int)
    }

    read fn nvmlSystemGetDriverBranch(machine, _; info: Out<nvmlSystemDriverBranchInfo_t>, length: c_uint) {
        info.expect_version(1, Code(NVML_ERROR_ARGUMENT_VERSION_MISMATCH))?;
        let branch = format!("r{}_00", machine.driver_branch().number);
        if branch.len() >= length as usize {
            return Err(TOO_SHORT);
        }
        info.put(nvmlSystemDriverBranchInfo_t { version: info.version(), branch: chars(&branch) })
    }

    read fn nvmlSystemGetProcessName(machine, _; pid: c_uint, name: Out<c_char>, length: c_uint) {
        let all = |gpu: &Gpu| gpu.processes(Access::Admin, None).map(|all| all.into_iter().find(|process| process.pid == pid).cloned());
        let process = machine.gpus().iter().find_map(|gpu| all(gpu).ok()?).ok_or(Code(NVML_ERROR_NOT_FOUND))?;
        name.text(length, &process.name)
    }
}
