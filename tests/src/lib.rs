//! What the tests of this package share.

pub mod layouts;
pub mod procfs;
pub mod transcript;

/// Calls `nvmlShutdown` behind the back of whoever initialised the library.
pub fn shut_down(library: &gpushare_sys::Library) {
    if let Some(shutdown) = library.symbols().nvmlShutdown {
        // SAFETY: the function takes nothing, and NVML refuses a shutdown without an initialisation.
        unsafe { shutdown() };
    }
}
