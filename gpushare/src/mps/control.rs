//! What every way of speaking with a control daemon can do.

use std::fmt;

use crate::mps::command::MpsCommand;
use crate::mps::error::MpsError;

/// A way to speak with one control daemon.
///
/// The daemon's own front-end is [`FrontEnd`](crate::FrontEnd).
pub trait MpsControl: fmt::Debug + Send + Sync {
    /// Has commands executed in their order, each once, and gives the daemon's answer to each, whatever it says.
    ///
    /// # Errors
    ///
    /// [`MpsError::NotRunning`], [`MpsError::Wedged`] where there is no answer in time, [`MpsError::Uncertain`] where it is not known
    /// whether a command that must not be repeated was executed.
    fn exchange(&self, commands: &[MpsCommand]) -> Result<Vec<String>, MpsError>;
}

impl dyn MpsControl {
    /// Has one command executed, and gives an answer that is no refusal.
    pub(crate) fn ask(&self, command: MpsCommand) -> Result<String, MpsError> {
        let mut answers = self.exchange(&[command])?;
        command.accept(answers.pop().unwrap_or_default())
    }

    /// Sets a value and reads it back in one exchange.
    ///
    /// `shows` says whether what was read back is the value.
    pub(crate) fn set(
        &self,
        set: MpsCommand,
        get: MpsCommand,
        wanted: impl fmt::Display,
        shows: impl Fn(&str) -> bool,
    ) -> Result<(), MpsError> {
        let [said, found] = <[String; 2]>::try_from(self.exchange(&[set, get])?)
            .map_err(|answers| MpsError::Uncertain { command: format!("{set}: {} answers", answers.len()) })?;
        set.accept(said)?;
        let found = get.accept(found)?;
        match shows(found.trim()) {
            true => Ok(()),
            false => Err(MpsError::NotConfirmed {
                setting: set.word().trim_start_matches("set_").into(),
                wanted: wanted.to_string(),
                found: if found.trim().is_empty() { "not set".into() } else { found.trim().into() },
            }),
        }
    }
}
