//! The kinds of arguments that exports take, and what is checked of each.

use std::ffi::{CStr, c_char};
use std::marker::PhantomData;
use std::ptr::NonNull;

use crate::boundary::{Done, Fault};

/// An argument of an export.
pub(crate) trait Argument {
    /// Its type in C.
    type Raw;
    /// What the body gets.
    type Value<'a>;

    /// Checks and converts it.
    ///
    /// # Safety
    ///
    /// A pointer must be NULL or point to what its type says, for the whole call, and nobody else may write there meanwhile.
    unsafe fn read<'a>(raw: Self::Raw, name: &'static str) -> Result<Self::Value<'a>, Box<Fault>>;
}

/// What the header says by its type: a thing that the caller lends. In C: `const T *`.
pub(crate) struct In<T>(PhantomData<T>);

/// A place for a value, written only on success. In C: `T *`.
pub(crate) struct Out<T>(PhantomData<T>);

/// A thing that the caller gives away; NULL is none. In C: `T *`.
pub(crate) struct Own<T>(PhantomData<T>);

/// A UTF-8 text. In C: `const char *`.
pub(crate) struct Text;

/// A text that this library made and the caller gives back; NULL is none. In C: `char *`.
pub(crate) struct OwnText;

/// A struct that may grow, whose first member says how much of it the caller knows. It is filled. In C: `T *`.
pub(crate) struct Fill<T>(PhantomData<T>);

/// A struct of options that may grow, whose first member says how much of it the caller knows. NULL is none. In C: `const T *`.
pub(crate) struct Given<T>(PhantomData<T>);

#[cold]
#[inline(never)]
fn null(name: &'static str) -> Box<Fault> {
    Box::new(Fault::Argument { name, reason: "is NULL".into() })
}

impl<T: 'static> Argument for In<T> {
    type Raw = *const T;
    type Value<'a> = &'a T;

    #[inline]
    unsafe fn read<'a>(raw: *const T, name: &'static str) -> Result<Self::Value<'a>, Box<Fault>> {
        // SAFETY: the caller's promise.
        unsafe { raw.as_ref() }.ok_or_else(|| null(name))
    }
}

impl<T: 'static> Argument for Option<In<T>> {
    type Raw = *const T;
    type Value<'a> = Option<&'a T>;

    #[inline]
    unsafe fn read<'a>(raw: *const T, _: &'static str) -> Result<Self::Value<'a>, Box<Fault>> {
        // SAFETY: the caller's promise.
        Ok(unsafe { raw.as_ref() })
    }
}

/// Where a result goes.
pub(crate) struct Place<T>(NonNull<T>);

impl<T> Place<T> {
    #[inline]
    pub(crate) fn set(self, value: T) -> Done {
        // SAFETY: `Argument::read` made it of a pointer to a place for a `T` that is the callee's for the whole call.
        unsafe { self.0.write(value) };
        Ok(())
    }
}

impl<T> Place<*mut T> {
    /// Sets it to a handle, which is the caller's from here on.
    #[inline]
    pub(crate) fn give(self, value: T) -> Done {
        self.set(Box::into_raw(Box::new(value)))
    }
}

impl<T: 'static> Argument for Out<T> {
    type Raw = *mut T;
    type Value<'a> = Place<T>;

    #[inline]
    unsafe fn read<'a>(raw: *mut T, name: &'static str) -> Result<Self::Value<'a>, Box<Fault>> {
        NonNull::new(raw).map(Place).ok_or_else(|| null(name))
    }
}

impl<T: 'static> Argument for Own<T> {
    type Raw = *mut T;
    type Value<'a> = Option<Box<T>>;

    unsafe fn read<'a>(raw: *mut T, _: &'static str) -> Result<Self::Value<'a>, Box<Fault>> {
        // SAFETY: the caller gives back, once, what `Place::give` or a clone gave.
        Ok((!raw.is_null()).then(|| unsafe { Box::from_raw(raw) }))
    }
}

impl Argument for Text {
    type Raw = *const c_char;
    type Value<'a> = &'a str;

    unsafe fn read<'a>(raw: *const c_char, name: &'static str) -> Result<Self::Value<'a>, Box<Fault>> {
        // SAFETY: the caller's promise.
        unsafe { <Option<Text>>::read(raw, name) }?.ok_or_else(|| null(name))
    }
}

impl Argument for Option<Text> {
    type Raw = *const c_char;
    type Value<'a> = Option<&'a str>;

    unsafe fn read<'a>(raw: *const c_char, name: &'static str) -> Result<Self::Value<'a>, Box<Fault>> {
        if raw.is_null() {
            return Ok(None);
        }
        // SAFETY: the caller's promise: the text ends with NUL.
        let text = unsafe { CStr::from_ptr(raw) };
        text.to_str()
            .map(Some)
            .map_err(|_| Fault::Argument { name, reason: format!("is {text:?}, which is not UTF-8") }.into())
    }
}

impl Argument for OwnText {
    type Raw = *mut c_char;
    type Value<'a> = Option<std::ffi::CString>;

    unsafe fn read<'a>(raw: *mut c_char, _: &'static str) -> Result<Self::Value<'a>, Box<Fault>> {
        // SAFETY: the caller gives back, once, what `text::owned` gave.
        Ok((!raw.is_null()).then(|| unsafe { std::ffi::CString::from_raw(raw) }))
    }
}

/// A struct that may grow at its end.
///
/// # Safety
///
/// It is `repr(C)`, begins with the `u32` of its size, and has no value that is not valid as its type.
pub(crate) unsafe trait Growing: Copy {
    /// How large it was when it was first released; less is no such struct.
    const FIRST_SIZE: usize;
}

/// No struct will ever be larger; more is a size that was not set.
const LARGEST: usize = 4096;

/// # Safety
///
/// `raw` points to at least the four bytes of the size.
#[inline]
unsafe fn stated_size<T: Growing>(raw: NonNull<T>, name: &'static str) -> Result<usize, Box<Fault>> {
    // SAFETY: the caller's promise.
    let stated = unsafe { raw.cast::<u32>().read() } as usize;
    match (T::FIRST_SIZE..=LARGEST).contains(&stated) {
        true => Ok(stated),
        false => Err(wrong_size(name, stated, size_of::<T>(), T::FIRST_SIZE)),
    }
}

#[cold]
#[inline(never)]
fn wrong_size(name: &'static str, stated: usize, here: usize, least: usize) -> Box<Fault> {
    let reason =
        format!("has struct_size {stated}; set it to sizeof, which is {here} here and never less than {least}");
    Box::new(Fault::Argument { name, reason })
}

/// Where a growing struct goes.
pub(crate) struct Room<T> {
    place: NonNull<T>,
    size: usize,
}

impl<T: Growing> Room<T> {
    /// Writes as much of it as the caller knows. Its size says how much that is.
    #[inline]
    pub(crate) fn fill(self, value: T) -> Done {
        let size = self.size.min(size_of::<T>());
        match size == size_of::<T>() {
            // SAFETY: the caller says that so much room is there.
            true => unsafe { self.place.write(value) },
            false => self.begin(value),
        }
        // SAFETY: the size is the first member.
        unsafe { self.place.cast::<u32>().write(size as u32) };
        Ok(())
    }

    /// Writes the beginning, to a caller that knows no more. Out of line: in line, both ways become one copy of unknown length.
    #[cold]
    #[inline(never)]
    fn begin(&self, value: T) {
        // SAFETY: the caller says that so much room is there, which is less than the whole.
        unsafe {
            std::ptr::copy_nonoverlapping((&raw const value).cast(), self.place.cast::<u8>().as_ptr(), self.size)
        };
    }
}

impl<T: Growing + 'static> Argument for Fill<T> {
    type Raw = *mut T;
    type Value<'a> = Room<T>;

    #[inline]
    unsafe fn read<'a>(raw: *mut T, name: &'static str) -> Result<Self::Value<'a>, Box<Fault>> {
        let place = NonNull::new(raw).ok_or_else(|| null(name))?;
        // SAFETY: the caller's promise.
        let size = unsafe { stated_size(place, name) }?;
        Ok(Room { place, size })
    }
}

impl<T: Growing + Default + 'static> Argument for Given<T> {
    type Raw = *const T;
    type Value<'a> = T;

    unsafe fn read<'a>(raw: *const T, name: &'static str) -> Result<Self::Value<'a>, Box<Fault>> {
        let mut value = T::default();
        if let Some(place) = NonNull::new(raw.cast_mut()) {
            let place = place.cast::<u8>();
            // SAFETY: the caller's promise: so many bytes are there, and every value of the members is valid.
            unsafe {
                let stated = stated_size(place.cast::<T>(), name)?;
                let known = stated.min(size_of::<T>());
                if (known..stated).any(|at| place.add(at).read() != 0) {
                    let reason = "has options that this version does not know, and they are not 0".into();
                    return Err(Fault::Argument { name, reason }.into());
                }
                std::ptr::copy_nonoverlapping(place.as_ptr(), (&raw mut value).cast(), known);
            }
        }
        Ok(value)
    }
}

macro_rules! plain {
    ($($type:ty),*) => {
        $(impl Argument for $type {
            type Raw = $type;
            type Value<'a> = $type;

            #[inline]
            unsafe fn read<'a>(raw: $type, _: &'static str) -> Result<Self::Value<'a>, Box<Fault>> {
                Ok(raw)
            }
        })*
    };
}

plain!(
    bool,
    f64,
    i32,
    u32,
    u64,
    usize,
    crate::placement::gpushare_gpu_instance_placement_t,
    crate::placement::gpushare_compute_instance_placement_t
);
