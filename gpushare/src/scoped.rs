//! Ownership by request: an instance that is destroyed at the end of a scope.

use std::ops::Deref;

use crate::error::DestroyError;

/// A thing of the machine whose life can be ended.
pub trait Destroy: Sized + Clone {
    /// Ends its life; on failure the handle comes back with the error.
    ///
    /// # Errors
    ///
    /// As the `destroy` method of the implementing type.
    fn destroy(self) -> Result<(), DestroyError<Self>>;

    /// A guard that destroys it when dropped.
    ///
    /// ```
    /// # let machine = gpushare_sim::Machine::start()?;
    /// # let nvml = gpushare::Nvml::builder().library(machine.library()?).root(machine.root()).init()?;
    /// use gpushare::Destroy;
    /// # let gpu = nvml.gpu(0)?;
    /// # gpu.set_mig_mode(true)?;
    /// {
    ///     let gi = gpu.create_gpu_instance(&gpu.gpu_instance_profile("1g.5gb")?)?.scoped();
    ///     assert_eq!(gpu.gpu_instances()?.len(), 1);
    ///     println!("{} lies at {}", gi.id(), gi.placement());
    /// }
    /// assert!(gpu.gpu_instances()?.is_empty());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    fn scoped(self) -> Scoped<Self> {
        Scoped { held: self, armed: true }
    }
}

/// Destroys what it holds when dropped. A failure then goes unseen, so call [`close`](Scoped::close) where it matters.
#[must_use = "dropping the guard destroys what it holds"]
#[derive(Debug)]
pub struct Scoped<T: Destroy> {
    held: T,
    armed: bool,
}

impl<T: Destroy> Scoped<T> {
    /// Lets the thing live on and gives its handle.
    pub fn keep(mut self) -> T {
        self.armed = false;
        self.held.clone()
    }

    /// Destroys it now.
    ///
    /// # Errors
    ///
    /// As [`Destroy::destroy`]; the thing then lives on, in the error.
    pub fn close(self) -> Result<(), DestroyError<T>> {
        self.keep().destroy()
    }
}

impl<T: Destroy> Deref for Scoped<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.held
    }
}

impl<T: Destroy> Drop for Scoped<T> {
    fn drop(&mut self) {
        if self.armed {
            // Nothing can be told from a drop; `close` tells.
            let _ = self.held.clone().destroy();
        }
    }
}
