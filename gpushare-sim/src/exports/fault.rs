//! Faults that are set from outside: which call they strike, and what they do to it.

use std::fmt::{self, Display, Formatter};
use std::str::FromStr;

use gpushare_sys::nvmlReturn_t;
use serde::{Deserialize, Serialize};

use super::error_string;

/// A fault of the simulated driver: which call it strikes, and what happens then.
///
/// As text, `TARGET#N=ACTION` strikes the N-th call and `TARGET#N+=ACTION` the N-th and each one after it, counted in each process by
/// itself from when the fault was set. [`FaultTarget`] and [`FaultAction`] say what can stand for TARGET and ACTION.
///
/// ```
/// use gpushare_sim::{Fault, FaultAction, FaultTarget};
///
/// let lost: Fault = "nvmlGpuInstanceDestroy#1=done-then:GPU_IS_LOST".parse()?;
/// let symbol = FaultTarget::Symbol("nvmlGpuInstanceDestroy".into());
/// assert_eq!(lost, Fault { target: symbol, call: 1, repeats: false, action: FaultAction::DoneThenReturn(15) });
/// # Ok::<(), gpushare_sim::FaultError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Fault {
    /// The calls that count.
    pub target: FaultTarget,
    /// Which of them it strikes first, from 1 on.
    pub call: u64,
    /// Whether it strikes each later one too.
    pub repeats: bool,
    /// What it does.
    pub action: FaultAction,
}

/// The calls that a [`Fault`] counts.
///
/// `nvmlErrorString`, which can do nothing but answer, is never among them, and neither is the call that finds the control table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FaultTarget {
    /// `*`: every call.
    Any,
    /// `mutation`: each call of a function that can change the machine, whether or not this call does.
    Mutation,
    /// `nvmlDeviceGetMemoryInfo`: the calls of one function.
    Symbol(String),
    /// `nvmlDeviceGetMemoryInfo*`: the calls of the functions whose names begin so.
    Prefix(String),
}

/// What a [`Fault`] does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaultAction {
    /// `IN_USE`, or `19`: the call has no effect and returns this code.
    Return(nvmlReturn_t),
    /// `done-then:IN_USE`: the call takes effect and returns this code, as when its answer gets lost.
    DoneThenReturn(nvmlReturn_t),
    /// `sleep:200`: the call begins so many milliseconds late.
    Sleep(u32),
    /// `kill`: `SIGKILL` ends the process before the call takes effect.
    Kill,
    /// `done-then:kill`: `SIGKILL` ends the process after the call took effect.
    DoneThenKill,
    /// `gpu-lost:0`: the GPU of that index falls off the bus before the call takes effect.
    LoseGpu(usize),
    /// `count`: nothing; the fault serves to count calls.
    Count,
}

/// Why a text names no [`Fault`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FaultError {
    /// A part is missing.
    #[error("fault {given:?} lacks {missing}: a fault is TARGET#N=ACTION or TARGET#N+=ACTION, such as mutation#2=kill")]
    Incomplete {
        /// The fault.
        given: String,
        /// `#` or `=`.
        missing: char,
    },
    /// The target is none.
    #[error(
        "fault target {given:?}: allowed are the name of an NVML function, a beginning of one followed by *, mutation, and *"
    )]
    Target {
        /// The target.
        given: String,
    },
    /// The call is none.
    #[error("fault call {given:?}: allowed are the numbers from 1 on, with a + behind where the fault repeats")]
    Call {
        /// The text between `#` and `=`.
        given: String,
    },
    /// The action is none.
    #[error(
        "fault action {given:?}: allowed are CODE, done-then:CODE, sleep:MILLISECONDS, kill, done-then:kill, gpu-lost:INDEX and count, \
         where CODE is a number or one of {}", error_string::names().collect::<Vec<_>>().join(", ")
    )]
    Action {
        /// The text behind `=`.
        given: String,
    },
    /// No function bears the name.
    #[error("fault target {given:?} names no function that driver {branch} has and that can fail")]
    UnknownFunction {
        /// The target.
        given: String,
        /// The branch of the driver that is simulated.
        branch: u32,
    },
}

impl Fault {
    /// Faults as the variable `GPUSHARE_SIM_FAULTS` lists them: with `;` between them.
    ///
    /// # Errors
    ///
    /// [`FaultError`] for the first that is none.
    pub fn list(text: &str) -> Result<Vec<Self>, FaultError> {
        text.split(';').map(str::trim).filter(|part| !part.is_empty()).map(str::parse).collect()
    }

    /// Whether it strikes the call that its target counts as the `call`-th.
    pub(super) fn strikes(&self, call: u64) -> bool {
        if self.repeats { call >= self.call } else { call == self.call }
    }
}

impl FaultTarget {
    pub(super) fn counts(&self, name: &str, changes: bool) -> bool {
        match self {
            Self::Any => true,
            Self::Mutation => changes,
            Self::Symbol(symbol) => name == symbol,
            Self::Prefix(prefix) => name.starts_with(prefix.as_str()),
        }
    }
}

impl FromStr for Fault {
    type Err = FaultError;

    fn from_str(text: &str) -> Result<Self, FaultError> {
        let lacks = |missing| FaultError::Incomplete { given: text.to_owned(), missing };
        let (target, rest) = text.split_once('#').ok_or_else(|| lacks('#'))?;
        let (call, action) = rest.split_once('=').ok_or_else(|| lacks('='))?;
        let (number, repeats) = call.trim().strip_suffix('+').map_or((call.trim(), false), |number| (number, true));
        let call: Option<u64> = plain(number).filter(|call| *call > 0);
        let call = call.ok_or_else(|| FaultError::Call { given: rest[..rest.len() - action.len() - 1].to_owned() })?;
        Ok(Self { target: target.trim().parse()?, call, repeats, action: action.trim().parse()? })
    }
}

impl FromStr for FaultTarget {
    type Err = FaultError;

    fn from_str(text: &str) -> Result<Self, FaultError> {
        let name =
            |name: &str| name.starts_with("nvml") && name.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'_');
        match text.strip_suffix('*') {
            Some("") => Ok(Self::Any),
            Some(prefix) if name(prefix) => Ok(Self::Prefix(prefix.to_owned())),
            None if text == "mutation" => Ok(Self::Mutation),
            None if name(text) => Ok(Self::Symbol(text.to_owned())),
            _ => Err(FaultError::Target { given: text.to_owned() }),
        }
    }
}

impl FromStr for FaultAction {
    type Err = FaultError;

    fn from_str(text: &str) -> Result<Self, FaultError> {
        let code = |text: &str| error_string::named(text).or_else(|| plain(text));
        let action = match text.split_once(':') {
            None if text == "kill" => Some(Self::Kill),
            None if text == "count" => Some(Self::Count),
            None => code(text).map(Self::Return),
            Some(("done-then", "kill")) => Some(Self::DoneThenKill),
            Some(("done-then", rest)) => code(rest).map(Self::DoneThenReturn),
            Some(("sleep", rest)) => plain(rest).map(Self::Sleep),
            Some(("gpu-lost", rest)) => plain(rest).map(Self::LoseGpu),
            Some(_) => None,
        };
        action.ok_or_else(|| FaultError::Action { given: text.to_owned() })
    }
}

/// A number in digits alone: no sign.
fn plain<T: FromStr>(text: &str) -> Option<T> {
    text.parse().ok().filter(|_| text.bytes().all(|digit| digit.is_ascii_digit()))
}

impl Display for Fault {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self { target, call, repeats, action } = self;
        write!(f, "{target}#{call}{}={action}", if *repeats { "+" } else { "" })
    }
}

impl Display for FaultTarget {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => f.write_str("*"),
            Self::Mutation => f.write_str("mutation"),
            Self::Symbol(name) => f.write_str(name),
            Self::Prefix(name) => write!(f, "{name}*"),
        }
    }
}

impl Display for FaultAction {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Return(code) => write_code(f, *code),
            Self::DoneThenReturn(code) => {
                f.write_str("done-then:")?;
                write_code(f, *code)
            }
            Self::Sleep(milliseconds) => write!(f, "sleep:{milliseconds}"),
            Self::Kill => f.write_str("kill"),
            Self::DoneThenKill => f.write_str("done-then:kill"),
            Self::LoseGpu(index) => write!(f, "gpu-lost:{index}"),
            Self::Count => f.write_str("count"),
        }
    }
}

/// A code by the header's name, or by its number where it has none.
pub(super) fn write_code(f: &mut Formatter<'_>, code: nvmlReturn_t) -> fmt::Result {
    match error_string::name(code) {
        Some(name) => f.write_str(name),
        None => write!(f, "{code}"),
    }
}

impl From<Fault> for String {
    fn from(fault: Fault) -> Self {
        fault.to_string()
    }
}

impl TryFrom<String> for Fault {
    type Error = FaultError;

    fn try_from(text: String) -> Result<Self, FaultError> {
        text.trim().parse()
    }
}
