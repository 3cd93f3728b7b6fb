//! Handles: names of things that the driver has.

pub(crate) mod apply;
pub(crate) mod compute_instance;
pub(crate) mod gpu;
pub(crate) mod gpu_instance;
pub(crate) mod mig_device;
pub(crate) mod nvml;
pub(crate) mod observer;
mod text;

/// Makes a handle's class what all handles are: comparable, and made from Rust's. After `+` stands what the class keeps beside that.
macro_rules! handle {
    ($(#[$meta:meta])* $name:ident $(+ $kept:ty)?) => {
        $(#[$meta])*
        #[pyclass(frozen, eq, module = "gpushare")]
        #[derive(Clone, PartialEq)]
        pub(crate) struct $name(pub(crate) gpushare::$name $(, $kept)?);

        impl $crate::convert::ToPython<$name> for gpushare::$name {
            fn to_python(&self) -> $name {
                $name(self.clone() $(, <$kept>::default())?)
            }
        }
    };
}
pub(crate) use handle;
