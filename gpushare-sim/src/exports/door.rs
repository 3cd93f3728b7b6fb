//! The one door between C and the machine: every export but `nvmlErrorString` is made by [`exports!`] and passes here.
//!
//! It refuses calls outside `nvmlInit` … `nvmlShutdown`, checks the arguments, takes the machine's lock, and stops panics.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use gpushare_sys::{
    NVML_ERROR_DRIVER_NOT_LOADED, NVML_ERROR_UNINITIALIZED, NVML_ERROR_UNKNOWN, NVML_SUCCESS, nvmlReturn_t,
};

use super::event;
use super::store::Store;
use crate::engine::{Access, Machine, MachineConfig, Refusal};

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
struct Driver {
    /// How many `nvmlInit` have no `nvmlShutdown` yet.
    initialised: u32,
    /// The machine, once something needed it. It outlives `nvmlShutdown`, as GPUs do.
    store: Option<Arc<Store>>,
}

static DRIVER: Mutex<Driver> = Mutex::new(Driver { initialised: 0, store: None });

fn driver() -> MutexGuard<'static, Driver> {
    // A panic while the lock was held was reported by its own call; each change of `Driver` is a single assignment.
    DRIVER.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Driver {
    /// The machine, started from its configuration at the first need.
    fn store(&mut self) -> Result<&Arc<Store>, String> {
        let store = match self.store.take() {
            Some(store) => store,
            None => Arc::new(Store::open()?),
        };
        Ok(self.store.insert(store))
    }
}

/// Runs a body so that no panic crosses into C.
fn contain(body: impl FnOnce() -> Answer) -> nvmlReturn_t {
    catch_unwind(AssertUnwindSafe(body)).map_or(NVML_ERROR_UNKNOWN, code)
}

/// `nvmlInit`: starts the machine if nothing did, and counts.
pub(super) fn initialise() -> nvmlReturn_t {
    contain(|| {
        let mut driver = driver();
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
    driver.store = Some(Arc::new(Store::new(config)?));
    Ok(())
}

/// The machine for the control interface, which needs no `nvmlInit`.
pub(super) fn store() -> Result<Arc<Store>, String> {
    driver().store().cloned()
}

/// The body of an export that works on more than one moment of the machine.
pub(super) fn session<A>(
    accept: impl FnOnce(&Machine) -> Result<A, Code>,
    body: impl FnOnce(&Store, Access, A) -> Answer,
) -> nvmlReturn_t {
    contain(|| {
        let store = {
            let driver = driver();
            match &driver.store {
                Some(store) if driver.initialised > 0 => Arc::clone(store),
                _ => return Err(Code(NVML_ERROR_UNINITIALIZED)),
            }
        };
        let arguments = store.read(|machine, _| accept(machine))?;
        body(&store, store.access(), arguments)
    })
}

/// The body of an export that changes nothing.
pub(super) fn read<A>(
    accept: impl FnOnce(&Machine) -> Result<A, Code>,
    body: impl FnOnce(&Machine, Access, A) -> Answer,
) -> nvmlReturn_t {
    session(|_| Ok(()), |store, _, ()| store.read(|machine, access| body(machine, access, accept(machine)?)))
}

/// The body of an export that changes the machine.
pub(super) fn change<A>(
    accept: impl FnOnce(&Machine) -> Result<A, Code>,
    body: impl FnOnce(&mut Machine, Access, A) -> Answer,
) -> nvmlReturn_t {
    session(
        |_| Ok(()),
        |store, _, ()| {
            store.mutate(|machine, access| {
                let arguments = accept(machine)?;
                body(machine, access, arguments)
            })
        },
    )
}

/// Makes exports. `read fn`, `change fn` or `session fn` says how the body gets the machine; before the semicolon stand the machine and
/// what the caller may do; each parameter names its [`Argument`](super::argument::Argument), from which its C type follows. Each export
/// is checked against the type that the header gives it.
macro_rules! exports {
    ($($access:ident fn $name:ident($machine:tt, $caller:tt; $($parameter:ident: $kind:ty),* $(,)?) $body:block)*) => {$(
        #[unsafe(no_mangle)]
        #[allow(non_snake_case)]
        unsafe extern "C" fn $name(
            $($parameter: <$kind as $crate::exports::argument::Argument>::Raw),*
        ) -> gpushare_sys::nvmlReturn_t {
            $crate::exports::door::$access(
                // SAFETY: the C caller passes pointers that are NULL or valid for what NVML does with them.
                |_machine| Ok(($(unsafe { <$kind as $crate::exports::argument::Argument>::accept($parameter, _machine) }?,)*)),
                |$machine, $caller, ($($parameter,)*)| $body,
            )
        }

        const _: gpushare_sys::signatures::$name = $name;
    )*};
}
pub(super) use exports;

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
