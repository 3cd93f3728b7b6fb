//! The one door between C and the machine: nearly every export is made by [`exports!`] and passes here.
//!
//! It refuses calls outside `nvmlInit` … `nvmlShutdown`, checks the arguments, takes the machine's lock, and stops panics.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use gpushare_sys::{
    NVML_ERROR_DRIVER_NOT_LOADED, NVML_ERROR_OPERATING_SYSTEM, NVML_ERROR_UNINITIALIZED, NVML_ERROR_UNKNOWN,
    NVML_SUCCESS, nvmlReturn_t,
};

use super::store::{Store, Unavailable};
use super::{event, fork};
use crate::catalog::Branch;
use crate::engine::{Access, Gpu, Machine, MachineConfig, Refusal};

/// A code other than success.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Code(pub(super) nvmlReturn_t);

impl From<Refusal> for Code {
    fn from(refusal: Refusal) -> Self {
        Self(refusal.code())
    }
}

/// What a body answers: the code of a refusal, or success.
pub(super) type Answer = Result<(), Code>;

fn code(answer: Answer) -> nvmlReturn_t {
    answer.map_or_else(|Code(code)| code, |()| NVML_SUCCESS)
}

/// What the process knows of the simulated driver.
pub(super) struct Driver {
    /// How many `nvmlInit` have no `nvmlShutdown` yet.
    initialised: u32,
    /// The machine, once something needed it. It outlives `nvmlShutdown`, as GPUs do.
    store: Option<Arc<Store>>,
}

static DRIVER: Mutex<Driver> = Mutex::new(Driver { initialised: 0, store: None });

pub(super) fn driver() -> MutexGuard<'static, Driver> {
    // A panic while the lock was held was reported by its own call; each change of `Driver` is a single assignment.
    DRIVER.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Driver {
    /// The machine, started from its configuration at the first need.
    fn store(&mut self) -> Result<&Arc<Store>, String> {
        let store = match self.store.take() {
            Some(store) => store,
            None => {
                fork::guard();
                let store = Store::open()?;
                let branch =
                    store.read(|machine, _| machine.driver_branch()).map_err(|unavailable| unavailable.to_string())?;
                require(branch)?;
                Arc::new(store)
            }
        };
        Ok(self.store.insert(store))
    }

    /// The machine, if something needed it.
    pub(super) fn started(&self) -> Option<&Arc<Store>> {
        self.store.as_ref()
    }
}

/// A library has the symbols of one branch, so it is the driver of no other.
fn require(branch: &Branch) -> Result<(), String> {
    let built = Branch::built().number;
    if branch.number == built {
        return Ok(());
    }
    Err(format!("this library is a driver of branch {built}, and the machine has one of branch {}", branch.number))
}

/// Runs a body so that no panic crosses into C.
fn contain(body: impl FnOnce() -> Answer) -> nvmlReturn_t {
    catch_unwind(AssertUnwindSafe(body)).map_or(NVML_ERROR_UNKNOWN, code)
}

/// `nvmlInit`: starts the machine if nothing did, and counts.
pub(super) fn initialise() -> nvmlReturn_t {
    contain(|| {
        let mut driver = driver();
        if driver.initialised == 0 && driver.started().is_some_and(|store| store.read(|_, _| ()).is_err()) {
            // What others shared with this process is gone. There may be another machine now.
            driver.store = None;
        }
        driver.store().map_err(|error| {
            // One line: the code alone cannot say which value of the configuration is wrong.
            eprintln!("gpushare-sim: {}", error.trim_end().replace('\n', " "));
            Code(NVML_ERROR_DRIVER_NOT_LOADED)
        })?;
        driver.initialised += 1;
        Ok(())
    })
}

/// `nvmlShutdown`: undoes one `nvmlInit`.
pub(super) fn shut_down() -> nvmlReturn_t {
    contain(|| {
        let mut driver = driver();
        driver.initialised = driver.initialised.checked_sub(1).ok_or(Code(NVML_ERROR_UNINITIALIZED))?;
        if driver.initialised == 0 {
            event::forget();
        }
        Ok(())
    })
}

/// Puts a machine of this configuration in the place of the present one.
///
/// # Errors
///
/// Refused while NVML is initialised, and when the configuration names what there is not.
pub(super) fn configure(config: &MachineConfig) -> Result<(), String> {
    let mut driver = driver();
    if driver.initialised > 0 {
        return Err("the machine can be configured only before nvmlInit".to_owned());
    }
    require(Branch::of_version(&config.driver_version).map_err(|error| error.to_string())?)?;
    fork::guard();
    driver.store = Some(Arc::new(Store::new(config)?));
    Ok(())
}

/// The machine for the control interface, which needs no `nvmlInit`.
pub(super) fn store() -> Result<Arc<Store>, String> {
    driver().store().cloned()
}

/// The machine, while NVML is initialised.
fn live() -> Result<Arc<Store>, Code> {
    let driver = driver();
    match &driver.store {
        Some(store) if driver.initialised > 0 => Ok(Arc::clone(store)),
        _ => Err(Code(NVML_ERROR_UNINITIALIZED)),
    }
}

/// What the machine answered. That it could not be asked is told in one line, since the code cannot tell why.
pub(super) fn told<T>(outcome: Result<Result<T, Code>, Unavailable>) -> Result<T, Code> {
    outcome.unwrap_or_else(|unavailable| {
        eprintln!("gpushare-sim: {unavailable}");
        Err(Code(NVML_ERROR_OPERATING_SYSTEM))
    })
}

/// The body of an export that works on more than one moment of the machine.
pub(super) fn session<A>(
    accept: impl FnOnce(&Machine) -> Result<A, Code>,
    body: impl FnOnce(&Store, Access, A) -> Answer,
) -> nvmlReturn_t {
    contain(|| {
        let store = live()?;
        let arguments = told(store.read(|machine, _| accept(machine)))?;
        body(&store, store.access(), arguments)
    })
}

/// The body of an export that changes nothing.
pub(super) fn read<A>(
    accept: impl FnOnce(&Machine) -> Result<A, Code>,
    body: impl FnOnce(&Machine, Access, A) -> Answer,
) -> nvmlReturn_t {
    contain(|| told(live()?.read(|machine, access| body(machine, access, accept(machine)?))))
}

/// The body of an export that changes the machine.
pub(super) fn change<A>(
    accept: impl FnOnce(&Machine) -> Result<A, Code>,
    body: impl FnOnce(&mut Machine, Access, A) -> Answer,
) -> nvmlReturn_t {
    contain(|| {
        told(live()?.mutate(|machine, access| {
            let arguments = accept(machine)?;
            body(machine, access, arguments)
        }))
    })
}

/// The body of an export that changes the machine and hands over something once it knows whether the change lasts.
pub(super) fn commit<A>(
    accept: impl FnOnce(&Machine) -> Result<A, Code>,
    body: impl FnOnce(&Store, Access, A) -> Answer,
) -> nvmlReturn_t {
    session(accept, body)
}

/// A GPU falls off the bus.
pub(super) fn lose_gpu(index: usize) -> Result<(), String> {
    let lose = |machine: &mut Machine, _| {
        let gpus = machine.gpus().len();
        machine.gpu_mut(index).map(Gpu::lose).or_else(|refusal| match refusal {
            Refusal::GpuIsLost => Ok(()),
            _ => Err(format!("there is no GPU {index}; the machine has 0 to {}", gpus.saturating_sub(1))),
        })
    };
    store()?.mutate(lose).map_err(|unavailable| unavailable.to_string())?
}

/// How many `nvmlInit` have no `nvmlShutdown` yet.
pub(super) fn initialisations() -> u32 {
    driver().initialised
}

/// Makes exports. `read fn`, `change fn`, `commit fn` or `session fn` says how the body gets the machine; before the semicolon stand the machine and
/// what the caller may do; each parameter names its [`Argument`](super::argument::Argument), from which its C type follows. Each export
/// is checked against the type that the header gives it, and is called [around](super::hook::around) what is set from outside.
macro_rules! exports {
    ($($access:ident fn $name:ident($machine:tt, $caller:tt; $($parameter:ident: $kind:ty),* $(,)?) $body:block)*) => {$(
        #[cfg_attr($name, unsafe(no_mangle))]
        #[allow(non_snake_case)]
        unsafe extern "C" fn $name(
            $($parameter: <$kind as $crate::exports::argument::Argument>::Raw),*
        ) -> gpushare_sys::nvmlReturn_t {
            $crate::exports::hook::around(
                &$crate::exports::hook::Symbol { name: stringify!($name), kind: $crate::exports::door::kind!($access) },
                // SAFETY: the C caller passes pointers that are NULL or valid for what NVML does with them.
                move || vec![$(unsafe { <$kind as $crate::exports::argument::Argument>::show($parameter) }),*],
                move || $crate::exports::door::$access(
                    // SAFETY: as above.
                    |_machine| Ok(($(unsafe { <$kind as $crate::exports::argument::Argument>::accept($parameter, _machine) }?,)*)),
                    |$machine, $caller, ($($parameter,)*)| $body,
                ),
            )
        }

        const _: gpushare_sys::signatures::$name = $name;
    )*};
}
pub(super) use exports;

/// What an export that gets the machine so can do to it.
macro_rules! kind {
    (change) => {
        $crate::exports::hook::Kind::Changes
    };
    (commit) => {
        $crate::exports::hook::Kind::Changes
    };
    ($reads:ident) => {
        $crate::exports::hook::Kind::Reads
    };
}
pub(super) use kind;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_ends_at_the_door() {
        assert_eq!(contain(|| panic!("on purpose")), NVML_ERROR_UNKNOWN);
        assert_eq!(contain(|| Err(Code(23))), 23);
        assert_eq!(contain(|| Ok(())), NVML_SUCCESS);
    }
}
