//! Bad days of the daemon, which a test can ask for.

/// What a fault counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Target {
    FrontEnd,
    Command,
    Quit,
    Server,
}

/// What happens then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Action {
    Refuse,
    Silent,
    Hang,
    Kill,
    NeverReady,
    Exit,
    Stubborn,
}

impl Action {
    pub(super) fn name(self) -> &'static str {
        ACTIONS.iter().find(|(_, action, _)| *action == self).map_or("", |(name, _, _)| name)
    }

    pub(super) fn of_name(name: &str) -> Option<Self> {
        ACTIONS.iter().find(|(other, _, _)| *other == name).map(|(_, action, _)| *action)
    }
}

const TARGETS: [(&str, Target); 4] =
    [("ui", Target::FrontEnd), ("command", Target::Command), ("quit", Target::Quit), ("server", Target::Server)];

/// Each action, and to what it can happen.
const ACTIONS: [(&str, Action, &[Target]); 7] = [
    ("refuse", Action::Refuse, &[Target::FrontEnd]),
    ("silent", Action::Silent, &[Target::FrontEnd, Target::Command, Target::Quit]),
    ("hang", Action::Hang, &[Target::FrontEnd]),
    ("kill", Action::Kill, &[Target::Command]),
    ("never-ready", Action::NeverReady, &[Target::Server]),
    ("exit", Action::Exit, &[Target::Server]),
    ("stubborn", Action::Stubborn, &[Target::Server]),
];

#[derive(Clone)]
struct Fault {
    target: Target,
    number: u64,
    lasting: bool,
    action: Action,
    counted: u64,
}

/// The faults of one daemon.
#[derive(Clone, Default)]
pub(super) struct Faults(Vec<Fault>);

impl Faults {
    /// Reads `ui#2=silent;server#1=exit`.
    pub(super) fn read(text: &str) -> Result<Self, String> {
        let faults = text.split(';').map(str::trim).filter(|fault| !fault.is_empty());
        faults.map(|fault| read(fault).ok_or_else(|| explain(fault))).collect::<Result<_, _>>().map(Self)
    }

    /// Counts something, and tells what is to happen to it.
    pub(super) fn count(&mut self, target: Target) -> Option<Action> {
        let mut strikes = None;
        for fault in self.0.iter_mut().filter(|fault| fault.target == target) {
            fault.counted += 1;
            if fault.counted == fault.number || (fault.lasting && fault.counted > fault.number) {
                strikes = strikes.or(Some(fault.action));
            }
        }
        strikes
    }
}

fn read(fault: &str) -> Option<Fault> {
    let (place, action) = fault.split_once('=')?;
    let (target, number) = place.split_once('#')?;
    let (number, lasting) = number.strip_suffix('+').map_or((number, false), |number| (number, true));
    let target = TARGETS.iter().find(|(name, _)| *name == target)?.1;
    let (_, action, targets) = ACTIONS.iter().find(|(name, _, _)| *name == action)?;
    let number = number.parse().ok().filter(|number| *number > 0)?;
    targets.contains(&target).then_some(Fault { target, number, lasting, action: *action, counted: 0 })
}

fn explain(fault: &str) -> String {
    let allowed = ACTIONS.iter().flat_map(|(action, _, targets)| {
        let names = TARGETS.iter().filter(|(_, target)| targets.contains(target));
        names.map(move |(name, _)| format!("{name}#N={action}"))
    });
    format!("{fault:?} is no fault; allowed are {}, and N+ for N", allowed.collect::<Vec<_>>().join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_strike_when_counted() {
        let mut faults = Faults::read("ui#2=silent; ui#3+=refuse;server#1=exit").unwrap();
        let struck: Vec<_> = (0..4).map(|_| faults.count(Target::FrontEnd)).collect();
        assert_eq!(struck, [None, Some(Action::Silent), Some(Action::Refuse), Some(Action::Refuse)]);
        assert_eq!((faults.count(Target::Server), faults.count(Target::Server)), (Some(Action::Exit), None));
        assert_eq!(faults.count(Target::Command), None);
    }

    #[test]
    fn what_is_no_fault_is_named_with_what_is_allowed() {
        for wrong in ["ui", "ui#0=silent", "ui#x=silent", "ui#1=kill", "door#1=exit", "ui#1=nonsense"] {
            let error = Faults::read(wrong).err().unwrap();
            assert!(error.contains(wrong) && error.contains("command#N=kill"), "{error}");
        }
    }
}
