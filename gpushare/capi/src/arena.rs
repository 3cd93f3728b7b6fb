//! What the structs of one object point to.

use std::any::Any;
use std::ffi::{CString, c_char};
use std::ptr;

use crate::text::c_string;

/// Things and texts that live, where they are, as long as the object that owns them all.
#[derive(Default)]
pub(crate) struct Arena {
    things: Vec<Box<dyn Any>>,
    texts: Vec<CString>,
}

impl Arena {
    pub(crate) fn keep<T: 'static>(&mut self, thing: T) -> *const T {
        self.things.push(Box::new(thing));
        // Once it has its place: a box that is moved may not be pointed to meanwhile.
        self.things.last().and_then(|kept| kept.downcast_ref()).map_or(ptr::null(), ptr::from_ref)
    }

    /// NULL where there is none.
    pub(crate) fn keep_any<T: 'static>(&mut self, thing: Option<T>) -> *const T {
        thing.map_or(ptr::null(), |thing| self.keep(thing))
    }

    pub(crate) fn text(&mut self, text: impl AsRef<str>) -> *const c_char {
        self.c_text(c_string(text))
    }

    pub(crate) fn c_text(&mut self, text: CString) -> *const c_char {
        self.texts.push(text);
        self.texts.last().map_or(ptr::null(), |text| text.as_ptr())
    }
}
