//! Texts between C and Rust.

use std::ffi::{CString, c_char};

use crate::argument::OwnText;

/// A text for C. A NUL in it, which no text of this library has, would end it.
pub(crate) fn c_string(text: impl AsRef<str>) -> CString {
    let text = text.as_ref();
    CString::new(text.split('\0').next().unwrap_or_default()).unwrap_or_default()
}

/// A text that is the caller's from here on.
pub(crate) fn owned(text: impl AsRef<str>) -> *mut c_char {
    c_string(text).into_raw()
}

exports! {
    /// Frees a text that a function gave. NULL is none.
    fn gpushare_string_free(text: OwnText) -> () {
        drop(text)
    }
}
