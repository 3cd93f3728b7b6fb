//! What the parameters of the C functions turn into before a body sees them: checked, and safe to use.

use std::any::Any;
use std::ffi::{CStr, c_char, c_int, c_uint, c_ulonglong};

use gpushare_sys::{
    NVML_ERROR_ARGUMENT_VERSION_MISMATCH, NVML_ERROR_INSUFFICIENT_SIZE, NVML_ERROR_INVALID_ARGUMENT,
    NVML_ERROR_NOT_SUPPORTED, nvmlGpuInstancePlacement_t,
};

use super::door::{Answer, Code};
use super::trace::Shown;
use crate::engine::Machine;

/// The refusal of a NULL pointer, of a handle that names nothing, and of a value out of its range.
pub(super) const INVALID: Code = Code(NVML_ERROR_INVALID_ARGUMENT);
/// The refusal of room that is too small for the answer.
pub(super) const TOO_SHORT: Code = Code(NVML_ERROR_INSUFFICIENT_SIZE);

/// The refusal of what the device, or its present mode, has not.
pub(super) const NOT_SUPPORTED: Code = Code(NVML_ERROR_NOT_SUPPORTED);
/// The refusal of a struct that says it is of a version that the function does not know.
pub(super) const WRONG_VERSION: Code = Code(NVML_ERROR_ARGUMENT_VERSION_MISMATCH);

/// A parameter of an export: its type in C, and the check that it passes before the body runs.
pub(super) trait Argument: Sized {
    /// The type in the C signature.
    type Raw: Copy;

    /// # Safety
    ///
    /// A pointer is NULL or valid for what the C function reads and writes through it, until that function returns.
    unsafe fn accept(raw: Self::Raw, machine: &Machine) -> Result<Self, Code>;

    /// The parameter as a trace shows it.
    ///
    /// # Safety
    ///
    /// As for [`accept`](Self::accept).
    unsafe fn show(raw: Self::Raw) -> Shown;
}

macro_rules! as_they_come {
    ($($number:ty),*) => {$(
        impl Argument for $number {
            type Raw = Self;

            unsafe fn accept(raw: Self, _: &Machine) -> Result<Self, Code> {
                Ok(raw)
            }

            unsafe fn show(raw: Self) -> Shown {
                Shown::Number(raw.into())
            }
        }
    )*};
}
as_they_come!(c_uint, c_int, c_ulonglong);

/// An argument whose refusal the body wants to see, instead of never being run.
impl<T: Argument> Argument for Result<T, Code> {
    type Raw = T::Raw;

    unsafe fn accept(raw: T::Raw, machine: &Machine) -> Result<Self, Code> {
        // SAFETY: the caller's promise is the same.
        Ok(unsafe { T::accept(raw, machine) })
    }

    unsafe fn show(raw: T::Raw) -> Shown {
        // SAFETY: the caller's promise is the same.
        unsafe { T::show(raw) }
    }
}

/// Where one value goes. Never NULL.
pub(super) struct Out<T>(*mut T);

impl<T> Argument for Out<T> {
    type Raw = *mut T;

    unsafe fn accept(raw: *mut T, _: &Machine) -> Result<Self, Code> {
        if raw.is_null() { Err(INVALID) } else { Ok(Self(raw)) }
    }

    unsafe fn show(raw: *mut T) -> Shown {
        Shown::pointer(raw, "out")
    }
}

impl<T> Out<T> {
    /// Hands the value to the caller.
    pub(super) fn put(&self, value: T) -> Answer {
        self.put_as(value)
    }

    /// Hands over a struct of another layout than the header's: the caller has the version that belongs to the symbol.
    pub(super) fn put_as<U>(&self, value: U) -> Answer {
        // SAFETY: the pointer is not NULL, so by `accept`'s contract it is valid for the struct that this export writes.
        unsafe { self.0.cast::<U>().write_unaligned(value) };
        Ok(())
    }

    /// What the caller left there.
    pub(super) fn get(&self) -> T
    where
        T: Copy,
    {
        // SAFETY: as in `put_as`; the types used here have no invalid values.
        unsafe { self.0.read_unaligned() }
    }

    /// The version word with which every versioned struct begins.
    pub(super) fn version(&self) -> c_uint {
        // SAFETY: as in `put_as`; such a struct begins with this word, and a caller may own no more than it says.
        unsafe { self.0.cast::<c_uint>().read_unaligned() }
    }

    /// Refuses a struct that does not say it is of version `version`.
    pub(super) fn expect_version(&self, version: u32, refusal: Code) -> Answer {
        if self.version() == gpushare_sys::struct_version::<T>(version) { Ok(()) } else { Err(refusal) }
    }
}

impl Out<c_char> {
    /// Writes a text with its closing NUL into a buffer of `length` bytes.
    pub(super) fn text(&self, length: c_uint, text: &str) -> Answer {
        let bytes = text.as_bytes();
        if bytes.len() >= length as usize {
            return Err(TOO_SHORT);
        }
        // SAFETY: the caller's buffer has `length` bytes, more than the text; it cannot overlap a text of ours.
        unsafe {
            self.0.copy_from_nonoverlapping(bytes.as_ptr().cast(), bytes.len());
            self.0.add(bytes.len()).write(0);
        }
        Ok(())
    }
}

/// A text that the caller gives. Never NULL; what is not UTF-8 names nothing anyway.
pub(super) struct Text(String);

impl Argument for Text {
    type Raw = *const c_char;

    unsafe fn accept(raw: *const c_char, _: &Machine) -> Result<Self, Code> {
        if raw.is_null() {
            return Err(INVALID);
        }
        // SAFETY: by the contract the pointer is valid for what the function reads: a text that ends with NUL.
        Ok(Self(unsafe { CStr::from_ptr(raw) }.to_string_lossy().into_owned()))
    }

    unsafe fn show(raw: *const c_char) -> Shown {
        if raw.is_null() {
            return Shown::pointer(raw, "");
        }
        // SAFETY: as in `accept`.
        Shown::Text(format!("{:?}", unsafe { CStr::from_ptr(raw) }.to_string_lossy()))
    }
}

impl std::ops::Deref for Text {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

/// A struct that the caller gives. Never NULL.
pub(super) struct Given<T>(pub(super) T);

impl<T: Copy + 'static> Argument for Given<T> {
    type Raw = *const T;

    unsafe fn accept(raw: *const T, _: &Machine) -> Result<Self, Code> {
        if raw.is_null() {
            return Err(INVALID);
        }
        // SAFETY: by the contract the pointer is valid for the struct; NVML's structs of plain numbers have no invalid values.
        Ok(Self(unsafe { raw.read_unaligned() }))
    }

    unsafe fn show(raw: *const T) -> Shown {
        if raw.is_null() {
            return Shown::pointer(raw, "");
        }
        // SAFETY: as in `accept`.
        let value = unsafe { raw.read_unaligned() };
        match (&value as &dyn Any).downcast_ref() {
            Some(nvmlGpuInstancePlacement_t { start, size }) => Shown::Text(format!("{start}:{size}")),
            None => Shown::Text("in".to_owned()),
        }
    }
}

/// Where several values go. May be NULL; how many fit, another parameter or a rule of the function says.
pub(super) struct Array<T>(*mut T);

impl<T> Argument for Array<T> {
    type Raw = *mut T;

    unsafe fn accept(raw: *mut T, _: &Machine) -> Result<Self, Code> {
        Ok(Self(raw))
    }

    unsafe fn show(raw: *mut T) -> Shown {
        Shown::pointer(raw, "out")
    }
}

impl<T> Array<T> {
    pub(super) fn is_null(&self) -> bool {
        self.0.is_null()
    }

    /// Writes the values, which the function's contract says there is room for.
    pub(super) fn put(&self, values: impl IntoIterator<Item = T>) -> Answer {
        if self.is_null() {
            return Err(INVALID);
        }
        for (index, value) in values.into_iter().enumerate() {
            // SAFETY: not NULL, and by `accept`'s contract valid for what the function writes.
            unsafe { self.0.add(index).write_unaligned(value) };
        }
        Ok(())
    }

    /// Changes each of the first `count` values that the caller left there.
    pub(super) fn update(&self, count: usize, mut change: impl FnMut(&mut T)) -> Answer {
        if self.is_null() {
            return Err(INVALID);
        }
        for index in 0..count {
            // SAFETY: not NULL, and by `accept`'s contract valid for `count` values, for reading and writing.
            unsafe {
                let mut value = self.0.add(index).read_unaligned();
                change(&mut value);
                self.0.add(index).write_unaligned(value);
            }
        }
        Ok(())
    }

    /// The protocol of lists whose room the caller states in `count`: always says how many there are, and writes all or none.
    pub(super) fn fill(&self, count: &Out<c_uint>, values: Vec<T>) -> Answer {
        let room = count.get() as usize;
        count.put(values.len() as c_uint)?;
        match values.len() {
            0 => Ok(()),
            needed if needed > room => Err(TOO_SHORT),
            _ => self.put(values),
        }
    }
}

/// A text as a C array of `N` characters, cut to fit with its closing NUL.
pub(super) fn chars<const N: usize>(text: &str) -> [c_char; N] {
    let mut array = [0; N];
    for (to, from) in array[..N - 1].iter_mut().zip(text.bytes()) {
        *to = from as c_char;
    }
    array
}
