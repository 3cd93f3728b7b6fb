//! Layouts: how a GPU is, or is to be, divided.

use pyo3::prelude::*;
use pyo3::types::PyType;

use gpushare::{ComputeInstanceProfileId, ProfileName};

use crate::convert::{Repr, ToPython};
use crate::errors::{Raise, invalid_json};
use crate::value::{hash_of, plain, value, variants};
use crate::values::profile;

/// How one GPU is to be divided, or is divided: its GPU instances, and the compute instances in each.
///
/// As text, GPU instances separated by commas. Each is a profile name, perhaps with a count before it (`7x1g.5gb`), with the memory slice
/// where it begins (`1g.5gb@6`), and with its compute instances in brackets: `*` for the whole, `2c` for two compute slices, `#7` for the
/// compute-instance profile with ID 7, each perhaps with a count before it and the compute slice where it begins behind it. Without
/// brackets, one compute instance takes the whole GPU instance; `[]` is none. The text `off` stands for disabled MIG, and the empty text
/// for enabled MIG without any instance.
///
/// Raises:
///     InvalidArgumentError: The text is no layout; the error names the part that is wrong.
///
/// >>> layout = gpushare.Layout("4g.20gb, 2g.10gb[1c,1c], 1g.5gb@6")
/// >>> len(layout.gpu_instances), len(layout.gpu_instances[1].compute_instances)
/// (3, 2)
/// >>> str(layout)
/// '4g.20gb, 2g.10gb[2x1c], 1g.5gb@6'
#[pyclass(frozen, eq, from_py_object, module = "gpushare")]
#[derive(Clone, PartialEq)]
pub(crate) struct Layout(pub(crate) gpushare::Layout);

/// A layout or its text.
#[derive(FromPyObject)]
pub(crate) enum LayoutArgument {
    Layout(Layout),
    Text(String),
}

impl LayoutArgument {
    pub(crate) fn read(self) -> gpushare::Result<gpushare::Layout> {
        match self {
            Self::Layout(layout) => Ok(layout.0),
            Self::Text(text) => text.parse(),
        }
    }
}

/// What a layout can be made from.
#[derive(FromPyObject)]
enum Source {
    Text(String),
    Instances(Vec<GpuInstanceLayout>),
}

#[pymethods]
impl Layout {
    #[new]
    #[pyo3(signature = (layout: "str | typing.Sequence[GpuInstanceLayout]"))]
    fn new(py: Python<'_>, layout: Source) -> PyResult<Self> {
        match layout {
            Source::Text(text) => text.parse().map(Self).map_err(|error: gpushare::Error| error.raise(py)),
            Source::Instances(instances) => {
                Ok(Self(gpushare::Layout::new(instances.into_iter().map(|instance| instance.0))))
            }
        }
    }

    /// Disabled MIG.
    #[classmethod]
    fn disabled(_class: &Bound<'_, PyType>) -> Self {
        Self(gpushare::Layout::disabled())
    }

    /// Whether MIG is enabled.
    #[getter]
    fn mig_enabled(&self) -> bool {
        self.0.mig_enabled
    }

    /// The GPU instances, in any order.
    #[getter]
    fn gpu_instances(&self) -> Vec<GpuInstanceLayout> {
        self.0.gpu_instances.to_python()
    }

    /// The layout as JSON text, which `from_json` reads.
    fn to_json(&self) -> PyResult<String> {
        serde_json::to_string(&self.0).map_err(|error| invalid_json(&error))
    }

    /// The layout that `to_json` wrote.
    ///
    /// Raises:
    ///     ValueError: The text is no such layout.
    #[classmethod]
    fn from_json(_class: &Bound<'_, PyType>, text: &str) -> PyResult<Self> {
        serde_json::from_str(text).map(Self).map_err(|error| invalid_json(&error))
    }

    /// The layout as plain dicts and lists: what `to_json` writes, read by `json.loads`.
    #[pyo3(signature = () -> "dict[str, typing.Any]")]
    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        plain(py, &self.to_json()?)
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<(Bound<'py, PyAny>, (String,))> {
        Ok((py.get_type::<Self>().getattr("from_json")?, (self.to_json()?,)))
    }

    fn __str__(&self) -> String {
        self.0.to_string()
    }

    fn __repr__(&self) -> String {
        self.repr()
    }

    fn __hash__(&self) -> u64 {
        hash_of(&self.__repr__())
    }
}

impl Repr for Layout {
    fn repr(&self) -> String {
        format!("Layout({})", self.0.to_string().repr())
    }
}

impl ToPython<Layout> for gpushare::Layout {
    fn to_python(&self) -> Layout {
        Layout(self.clone())
    }
}

value! {
    "gpushare", json,
    /// One GPU instance of a layout: by default wherever it fits best, with one compute instance that takes the whole of it.
    ///
    /// >>> part = gpushare.ComputeInstanceLayout(gpushare.ComputeInstanceSize.Slices(2))
    /// >>> str(gpushare.Layout([gpushare.GpuInstanceLayout("4g.20gb", compute_instances=[part, part])]))
    /// '4g.20gb[2x2c]'
    GpuInstanceLayout = gpushare::GpuInstanceLayout {
        /// Its profile.
        profile: profile::ProfileName,
        /// The memory slice where it begins; `None` for wherever it fits best.
        start: Option<u32>,
        /// The compute instances in it.
        compute_instances: Vec<ComputeInstanceLayout>,
    }

    #[new]
    #[pyo3(signature = (
        profile: "ProfileName | str",
        start: "int | None" = None,
        compute_instances: "typing.Sequence[ComputeInstanceLayout] | None" = None
    ))]
    fn new(
        py: Python<'_>,
        profile: NameArgument,
        start: Option<u32>,
        compute_instances: Option<Vec<ComputeInstanceLayout>>,
    ) -> PyResult<Self> {
        let mut instance = gpushare::GpuInstanceLayout::new(profile.read().map_err(|error| error.raise(py))?);
        instance.start = start;
        if let Some(inside) = compute_instances {
            instance.compute_instances = inside.into_iter().map(|inside| inside.0).collect();
        }
        Ok(Self(instance))
    }

    fn __str__(&self) -> String {
        self.0.to_string()
    }
}

/// A profile's name, or the text of it.
#[derive(FromPyObject)]
enum NameArgument {
    Name(profile::ProfileName),
    Text(String),
}

impl NameArgument {
    fn read(self) -> gpushare::Result<ProfileName> {
        match self {
            Self::Name(name) => Ok(name.0),
            Self::Text(text) => text.parse(),
        }
    }
}

value! {
    "gpushare", json,
    /// One compute instance of a GPU instance in a layout.
    ComputeInstanceLayout = gpushare::ComputeInstanceLayout {
        /// How much of the GPU instance it takes.
        size: ComputeInstanceSize,
        /// The compute slice where it begins; `None` for wherever it fits.
        start: Option<u32>,
    }

    #[new]
    #[pyo3(signature = (size, start=None))]
    fn new(size: ComputeInstanceSize, start: Option<u32>) -> Self {
        Self(gpushare::ComputeInstanceLayout { start, ..gpushare::ComputeInstanceLayout::new(size.into()) })
    }

    fn __str__(&self) -> String {
        self.0.to_string()
    }
}

variants! {
    /// How much of its GPU instance a compute instance takes.
    ComputeInstanceSize {
        /// All of it.
        Whole {},
        /// A number of compute slices.
        Slices { count: u32 },
        /// The profile with an ID, where two have one size.
        Profile { id: u32 },
    }
}

impl From<ComputeInstanceSize> for gpushare::ComputeInstanceSize {
    fn from(size: ComputeInstanceSize) -> Self {
        match size {
            ComputeInstanceSize::Whole {} => Self::Whole,
            ComputeInstanceSize::Slices { count } => Self::Slices(count),
            ComputeInstanceSize::Profile { id } => Self::Profile(ComputeInstanceProfileId(id)),
        }
    }
}

impl ToPython<ComputeInstanceSize> for gpushare::ComputeInstanceSize {
    fn to_python(&self) -> ComputeInstanceSize {
        match self {
            Self::Whole => ComputeInstanceSize::Whole {},
            Self::Slices(count) => ComputeInstanceSize::Slices { count: *count },
            Self::Profile(id) => ComputeInstanceSize::Profile { id: id.0 },
        }
    }
}
