//! Makes the classes of plain data: one per Rust struct, or one with a class inside per variant of a Rust enum.

use std::hash::{DefaultHasher, Hash, Hasher};

use pyo3::prelude::*;

/// Equal values have equal reprs.
pub(crate) fn hash_of(repr: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    repr.hash(&mut hasher);
    hasher.finish()
}

/// What JSON text says, as plain dicts and lists.
pub(crate) fn plain<'py>(py: Python<'py>, json: &str) -> PyResult<Bound<'py, PyAny>> {
    py.import("json")?.call_method1("loads", (json,))
}

/// The field of a Rust struct that a getter gives: the one of its own name, unless another is named.
macro_rules! source {
    ($value:expr, $field:ident) => {
        $value.0.$field
    };
    ($value:expr, $field:ident, $source:ident) => {
        $value.0.$source
    };
}

/// A frozen class over a Rust struct: a getter per field, equality, hash and repr. After `json`, it is picklable and has a JSON form.
macro_rules! value {
    (
        $module:literal, json,
        $(#[$meta:meta])*
        $name:ident = $rust:ty { $($fields:tt)* }
        $($methods:tt)*
    ) => {
        $crate::value::value! {
            $module,
            $(#[$meta])*
            $name = $rust { $($fields)* }

            /// The value as JSON text, which `from_json` reads.
            fn to_json(&self) -> PyResult<String> {
                serde_json::to_string(&self.0).map_err(|error| $crate::errors::invalid_json(&error))
            }

            /// The value that `to_json` wrote.
            ///
            /// Raises:
            ///     ValueError: The text is no such value.
            #[classmethod]
            fn from_json(_class: &Bound<'_, PyType>, text: &str) -> PyResult<Self> {
                serde_json::from_str(text).map(Self).map_err(|error| $crate::errors::invalid_json(&error))
            }

            /// The value as plain dicts and lists: what `to_json` writes, read by `json.loads`.
            #[pyo3(signature = () -> "dict[str, typing.Any]")]
            fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
                $crate::value::plain(py, &self.to_json()?)
            }

            fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<(Bound<'py, PyAny>, (String,))> {
                Ok((py.get_type::<Self>().getattr("from_json")?, (self.to_json()?,)))
            }

            $($methods)*
        }
    };
    (
        $module:literal,
        $(#[$meta:meta])*
        $name:ident = $rust:ty {
            $($(#[$field_meta:meta])* $field:ident: $ty:ty $(= $source:ident)?),* $(,)?
        }
        $($methods:tt)*
    ) => {
        $(#[$meta])*
        #[pyclass(frozen, eq, from_py_object, module = $module)]
        #[derive(Clone, PartialEq)]
        pub(crate) struct $name(pub(crate) $rust);

        #[pymethods]
        impl $name {
            $(
                $(#[$field_meta])*
                #[getter]
                fn $field(&self) -> $ty {
                    $crate::convert::ToPython::to_python(&$crate::value::source!(self, $field $(, $source)?))
                }
            )*

            fn __repr__(&self) -> String {
                $crate::convert::Repr::repr(self)
            }

            fn __hash__(&self) -> u64 {
                $crate::value::hash_of(&self.__repr__())
            }

            $($methods)*
        }

        impl $crate::convert::Repr for $name {
            fn repr(&self) -> String {
                let fields: &[String] = &[
                    $(format!("{}={}", stringify!($field), $crate::convert::Repr::repr(&self.$field()))),*
                ];
                format!("{}({})", stringify!($name), fields.join(", "))
            }
        }

        impl $crate::convert::ToPython<$name> for $rust {
            fn to_python(&self) -> $name {
                $name(self.clone())
            }
        }
    };
}

/// A frozen class over a Rust type that has a text form: made from its text, printed as it.
macro_rules! text_value {
    (
        $(#[$meta:meta])*
        $name:ident = $rust:ty {
            $($(#[$field_meta:meta])* $field:ident: $ty:ty $(= $source:ident)?),* $(,)?
        }
        $($methods:tt)*
    ) => {
        $(#[$meta])*
        #[pyclass(frozen, eq, from_py_object, module = "gpushare")]
        #[derive(Clone, PartialEq)]
        pub(crate) struct $name(pub(crate) $rust);

        #[pymethods]
        impl $name {
            $(
                $(#[$field_meta])*
                #[getter]
                fn $field(&self) -> $ty {
                    $crate::convert::ToPython::to_python(&$crate::value::source!(self, $field $(, $source)?))
                }
            )*

            fn __str__(&self) -> String {
                self.0.to_string()
            }

            fn __repr__(&self) -> String {
                $crate::convert::Repr::repr(self)
            }

            fn __hash__(&self) -> u64 {
                $crate::value::hash_of(&self.__repr__())
            }

            fn __getnewargs__(&self) -> (String,) {
                (self.__str__(),)
            }

            $($methods)*
        }

        impl $crate::convert::Repr for $name {
            fn repr(&self) -> String {
                format!("{}({})", stringify!($name), $crate::convert::Repr::repr(&self.0.to_string()))
            }
        }

        impl $crate::convert::ToPython<$name> for $rust {
            fn to_python(&self) -> $name {
                $name(self.clone())
            }
        }
    };
}

/// A class with a class inside it for each variant, each with its fields as attributes, for `match` and `isinstance`.
macro_rules! variants {
    (
        $(#[$meta:meta])*
        $name:ident {
            $($(#[$variant_meta:meta])* $variant:ident { $($field:ident: $ty:ty),* $(,)? }),* $(,)?
        }
        $($methods:tt)*
    ) => {
        $(#[$meta])*
        #[pyclass(frozen, eq, from_py_object, module = "gpushare")]
        #[derive(Clone, PartialEq)]
        pub(crate) enum $name {
            $($(#[$variant_meta])* $variant { $($field: $ty),* }),*
        }

        #[pymethods]
        impl $name {
            fn __repr__(&self) -> String {
                $crate::convert::Repr::repr(self)
            }

            fn __hash__(&self) -> u64 {
                $crate::value::hash_of(&self.__repr__())
            }

            fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyAny>)> {
                let class = py.get_type::<Self>();
                match self {
                    $(Self::$variant { $($field),* } => {
                        let fields = ($($field.clone(),)*).into_pyobject(py)?.into_any();
                        Ok((class.getattr(stringify!($variant))?, fields))
                    })*
                }
            }

            $($methods)*
        }

        impl $crate::convert::Repr for $name {
            fn repr(&self) -> String {
                match self {
                    $(Self::$variant { $($field),* } => {
                        let fields: &[String] = &[
                            $(format!("{}={}", stringify!($field), $crate::convert::Repr::repr($field))),*
                        ];
                        format!("{}.{}({})", stringify!($name), stringify!($variant), fields.join(", "))
                    })*
                }
            }
        }
    };
}

pub(crate) use {source, text_value, value, variants};
