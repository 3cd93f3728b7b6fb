//! The rules by which CUDA reads `CUDA_VISIBLE_DEVICES`.

use core::{CudaRules, DeviceOrder, MigEnumeration};

use crate::argument::{In, Out, Own, Text};
use crate::boundary::Fault;
use crate::nvml::gpushare_nvml_t;

/// A process has one MIG device, and no whole GPU beside it: drivers before R570. It holds for every driver.
pub const GPUSHARE_MIG_ONE_PER_PROCESS: u32 = 0;
/// A process has one compute instance of each GPU instance, 64 in all, and whole GPUs beside them: drivers from R570 on.
pub const GPUSHARE_MIG_ONE_PER_GPU_INSTANCE: u32 = 1;

/// The rules by which CUDA reads `CUDA_VISIBLE_DEVICES`. Threads may use one at the same time.
pub struct gpushare_cuda_rules_t {
    pub(crate) rules: CudaRules,
}

/// The value of `CUDA_DEVICE_ORDER`, where it is set.
fn order(text: Option<&str>) -> Result<DeviceOrder, Fault> {
    Ok(text.map_or(Ok(DeviceOrder::default()), str::parse)?)
}

exports! {
    /// Rules by name. `device_order` is the value of `CUDA_DEVICE_ORDER`, "FASTEST_FIRST" or "PCI_BUS_ID"; NULL where it is not set.
    /// `mig` is `GPUSHARE_MIG_ONE_PER_...`. Free them with `gpushare_cuda_rules_free`.
    #[doc(alias = "CudaRules::order", alias = "CudaRules::mig")]
    fn gpushare_cuda_rules_new(device_order: Option<Text>, mig: u32, rules: Out<*mut gpushare_cuda_rules_t>) {
        let mig = match mig {
            GPUSHARE_MIG_ONE_PER_PROCESS => MigEnumeration::OnePerProcess,
            GPUSHARE_MIG_ONE_PER_GPU_INSTANCE => MigEnumeration::OnePerGpuInstance,
            _ => return Err(Fault::Argument { name: "mig", reason: format!("is {mig}; there are 0 and 1") }.into()),
        };
        rules.give(gpushare_cuda_rules_t { rules: CudaRules::default().mig(mig).order(order(device_order)?) })
    }

    /// The rules of a driver by its version, such as "580.126.09". `device_order` as for `gpushare_cuda_rules_new`. Free them with
    /// `gpushare_cuda_rules_free`.
    #[doc(alias = "CudaRules::of_driver")]
    fn gpushare_cuda_rules_of_driver(version: Text, device_order: Option<Text>, rules: Out<*mut gpushare_cuda_rules_t>) {
        rules.give(gpushare_cuda_rules_t { rules: CudaRules::of_driver(version).order(order(device_order)?) })
    }

    /// The rules of this node's driver. `device_order` as for `gpushare_cuda_rules_new`. Free them with `gpushare_cuda_rules_free`.
    #[doc(alias = "Nvml::cuda_rules")]
    fn gpushare_nvml_cuda_rules(
        nvml: In<gpushare_nvml_t>,
        device_order: Option<Text>,
        rules: Out<*mut gpushare_cuda_rules_t>,
    ) {
        rules.give(gpushare_cuda_rules_t { rules: nvml.nvml.cuda_rules()?.order(order(device_order)?) })
    }

    /// Frees rules. NULL is none.
    fn gpushare_cuda_rules_free(rules: Own<gpushare_cuda_rules_t>) -> () {
        drop(rules)
    }
}
