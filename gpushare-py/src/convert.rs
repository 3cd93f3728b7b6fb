//! What Rust has as what Python has: numbers and texts lose the types that Python has no use for, the rest becomes a class.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use gpushare as rust;

/// A Rust value as Python has it.
pub(crate) trait ToPython<P> {
    fn to_python(&self) -> P;
}

/// The text that makes the value again, as Python writes it.
pub(crate) trait Repr {
    fn repr(&self) -> String;
}

macro_rules! as_is {
    ($($ty:ty),*) => {
        $(impl ToPython<$ty> for $ty {
            fn to_python(&self) -> $ty {
                self.clone()
            }
        })*
    };
}
as_is!((), bool, u8, u32, u64, usize, String, PathBuf, BTreeMap<String, String>);

macro_rules! as_number {
    ($($ty:ty => $number:ty),* $(,)?) => {
        $(impl ToPython<$number> for $ty {
            fn to_python(&self) -> $number {
                self.0
            }
        })*
    };
}
as_number!(
    rust::GpuInstanceId => u32,
    rust::ComputeInstanceId => u32,
    rust::GpuInstanceProfileId => u32,
    rust::ComputeInstanceProfileId => u32,
    rust::GpuInstanceProfileKind => u32,
    rust::ComputeInstanceProfileKind => u32,
    rust::Mib => u64,
    rust::Bytes => u64,
);

macro_rules! as_text {
    ($($ty:ty),*) => {
        $(impl ToPython<String> for $ty {
            fn to_python(&self) -> String {
                self.to_string()
            }
        })*
    };
}
as_text!(Arc<str>, rust::ContainerId, rust::GpuUuid, rust::MigUuid);

impl<T: ToPython<P>, P> ToPython<Vec<P>> for [T] {
    fn to_python(&self) -> Vec<P> {
        self.iter().map(T::to_python).collect()
    }
}

impl<T: ToPython<P>, P> ToPython<Vec<P>> for Vec<T> {
    fn to_python(&self) -> Vec<P> {
        self.as_slice().to_python()
    }
}

impl<T: ToPython<P>, P> ToPython<Vec<P>> for Arc<[T]> {
    fn to_python(&self) -> Vec<P> {
        (**self).to_python()
    }
}

impl<T: ToPython<P>, P> ToPython<Option<P>> for Option<T> {
    fn to_python(&self) -> Option<P> {
        self.as_ref().map(T::to_python)
    }
}

impl<T: ToPython<P>, P> ToPython<(P,)> for (T,) {
    fn to_python(&self) -> (P,) {
        (self.0.to_python(),)
    }
}

impl<A: ToPython<P>, B: ToPython<Q>, P, Q> ToPython<(P, Q)> for (A, B) {
    fn to_python(&self) -> (P, Q) {
        (self.0.to_python(), self.1.to_python())
    }
}

macro_rules! printed {
    ($($ty:ty),*) => {
        $(impl Repr for $ty {
            fn repr(&self) -> String {
                self.to_string()
            }
        })*
    };
}
printed!(u8, u32, u64, usize);

impl Repr for bool {
    fn repr(&self) -> String {
        if *self { "True" } else { "False" }.into()
    }
}

impl Repr for str {
    /// With the escapes that Python reads alike; anything else is left as it is.
    fn repr(&self) -> String {
        let mut quoted = String::from("'");
        for c in self.chars() {
            match c {
                '\\' | '\'' => quoted.extend(['\\', c]),
                '\n' => quoted.push_str("\\n"),
                c if c.is_control() => quoted.push_str(&format!("\\u{:04x}", u32::from(c))),
                c => quoted.push(c),
            }
        }
        quoted.push('\'');
        quoted
    }
}

impl Repr for String {
    fn repr(&self) -> String {
        self.as_str().repr()
    }
}

impl Repr for PathBuf {
    fn repr(&self) -> String {
        format!("PosixPath({})", self.to_string_lossy().as_ref().repr())
    }
}

impl<T: Repr> Repr for Option<T> {
    fn repr(&self) -> String {
        self.as_ref().map_or_else(|| "None".into(), T::repr)
    }
}

impl<T: Repr> Repr for Vec<T> {
    fn repr(&self) -> String {
        format!("[{}]", self.iter().map(T::repr).collect::<Vec<_>>().join(", "))
    }
}

impl Repr for BTreeMap<String, String> {
    fn repr(&self) -> String {
        let items: Vec<_> = self.iter().map(|(name, value)| format!("{}: {}", name.repr(), value.repr())).collect();
        format!("{{{}}}", items.join(", "))
    }
}

impl<A: Repr, B: Repr> Repr for (A, B) {
    fn repr(&self) -> String {
        format!("({}, {})", self.0.repr(), self.1.repr())
    }
}
