//! Which version of the library is loaded.

use std::ffi::c_char;

exports! {
    /// The version of the loaded library, such as "0.1.0"; that of the header is `GPUSHARE_VERSION`. Never freed.
    fn gpushare_version() -> *const c_char {
        concat!(env!("CARGO_PKG_VERSION"), "\0").as_ptr().cast()
    }
}
