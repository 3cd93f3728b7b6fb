//! What the control program is told to be by its arguments.

use std::env;
use std::process::ExitCode;

use super::rules::Version;
use super::settings::Settings;
use super::{frontend, launch};

#[derive(Debug, PartialEq, Eq)]
enum Role {
    FrontEnd,
    Daemon {
        foreground: bool,
        multi_user: bool,
    },
    Help,
    /// An option that this version does not know.
    Misuse,
}

/// Runs the control program.
pub(super) fn run(settings: &Settings) -> ExitCode {
    let arguments: Vec<_> = env::args_os().skip(1).map(|word| word.to_string_lossy().into_owned()).collect();
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    match role(settings.version, &arguments) {
        Role::FrontEnd => frontend::run(),
        Role::Help => {
            print!("{}", help(settings.version));
            ExitCode::SUCCESS
        }
        Role::Misuse => {
            print!("{}", help(settings.version));
            ExitCode::FAILURE
        }
        Role::Daemon { multi_user: true, .. } if !rustix::process::geteuid().is_root() => {
            println!("{}Only root user may enable -multiuser-server!", help(settings.version));
            ExitCode::FAILURE
        }
        Role::Daemon { foreground, multi_user } => launch::run(settings, foreground, multi_user),
    }
}

fn role(version: Version, arguments: &[&str]) -> Role {
    if !version.checks_options() {
        // What it does not know makes it a front-end, whatever else it was told.
        return match arguments {
            ["-d"] => Role::Daemon { foreground: false, multi_user: false },
            ["-f"] => Role::Daemon { foreground: true, multi_user: false },
            ["-h" | "--help"] => Role::Help,
            _ => Role::FrontEnd,
        };
    }
    let (mut foreground, mut multi_user) = (None, false);
    for argument in arguments {
        match *argument {
            "-h" | "--help" => return Role::Help,
            "-d" => foreground = Some(false),
            "-f" => foreground = Some(true),
            "-multiuser-server" if version.has_old_multi_user() => multi_user = true,
            "--daemon" if version.is_talkative() => foreground = Some(false),
            "--forground" if version.is_talkative() => foreground = Some(true),
            "-M" | "--multiuser-server" if version.is_talkative() => multi_user = true,
            "-q" | "--ready-devices" if version.is_talkative() => {}
            // Commands are read from the input alone.
            command if version.is_talkative() && !command.starts_with('-') => {}
            _ => return Role::Misuse,
        }
    }
    foreground.map_or(Role::FrontEnd, |foreground| Role::Daemon { foreground, multi_user })
}

/// The commands in the order in which the help has them, with what each is for.
const COMMANDS: [(&str, &str); 19] = [
    ("start_server -uid <user id>", "Start a server for a user"),
    ("quit", "End the daemon"),
    ("get_server_list", "List the servers"),
    ("get_server_status <PID>", "Tell a server's status"),
    ("get_client_list <PID>", "List a server's clients"),
    ("get_device_client_list [<PID>]", "List the devices and their clients"),
    ("ps [-p PID]", "Show the clients as a table"),
    ("set_default_active_thread_percentage <percentage>", "Set the percentage of servers to come"),
    ("get_default_active_thread_percentage", "Tell the percentage of servers to come"),
    ("set_active_thread_percentage <PID> <percentage>", "Set a server's percentage"),
    ("get_active_thread_percentage <PID>", "Tell a server's percentage"),
    ("set_default_device_pinned_mem_limit <dev> <value>", "Set the memory limit of servers to come"),
    ("get_default_device_pinned_mem_limit <dev>", "Tell the memory limit of servers to come"),
    ("set_device_pinned_mem_limit <PID> <dev> <value>", "Set a server's memory limit"),
    ("get_device_pinned_mem_limit <PID> <dev>", "Tell a server's memory limit"),
    ("set_default_client_priority <priority>", "Set the priority of clients to come"),
    ("get_default_client_priority", "Tell the priority of clients to come"),
    ("terminate_client <server PID> <client PID>", "End the work of a client"),
    ("device_query [<PID>] [--csv]", "List the devices"),
];

/// The help. Names and layout are NVIDIA's, for programs that read them; the words are not.
fn help(version: Version) -> String {
    let platforms = if version.is_talkative() { "Linux/Unix/QNX" } else { "Linux/Unix" };
    let mut text = format!("CUDA MPS Control for {platforms}.\nSimulated by gpushare-sim; not NVIDIA's program.\n\n");
    if version.is_talkative() {
        text.push_str("nvidia-cuda-mps-control [options] [command]\nOPTIONS:\n");
        for (option, meaning) in [
            ("-h,--help", "Print this message"),
            ("-d,--daemon", "Start the daemon in the background"),
            ("-f,--forground", "Start the daemon in the foreground"),
            ("-M,--multiuser-server", "Let servers serve all users"),
            ("-q,--ready-devices", "Look for devices at the start"),
        ] {
            text.push_str(&format!("  {option:<24} {meaning}\n"));
        }
        text.push_str("\nCOMMAND:\n");
        for (command, meaning) in COMMANDS {
            text.push_str(&format!("  {command}\n                       {meaning}\n"));
        }
    }
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(branch: u32, arguments: &[&str]) -> Role {
        role(Version::new(branch).unwrap(), arguments)
    }

    const DAEMON: Role = Role::Daemon { foreground: false, multi_user: false };

    #[test]
    fn old_versions_are_front_ends_whenever_they_do_not_understand() {
        for words in [&["-d", "-M"][..], &["-v"], &["-S"], &["-q"], &["get_server_list"], &["--daemon"], &[]] {
            assert_eq!(of(535, words), Role::FrontEnd, "{words:?}");
        }
        assert_eq!((of(470, &["-d"]), of(550, &["--help"])), (DAEMON, Role::Help));
    }

    #[test]
    fn later_versions_refuse_what_they_do_not_understand() {
        for words in [&["-d", "-M"][..], &["-v"], &["-q"], &["get_server_list"], &["-d", "extra"]] {
            assert_eq!(of(555, words), Role::Misuse, "{words:?}");
        }
        assert_eq!(of(555, &["-d", "-multiuser-server"]), Role::Daemon { foreground: false, multi_user: true });
        assert_eq!(of(555, &["-multiuser-server"]), Role::FrontEnd);
        assert_eq!(of(580, &["-q", "-d"]), DAEMON);
        assert_eq!(of(580, &["--forground", "-M"]), Role::Daemon { foreground: true, multi_user: true });
        assert_eq!(of(580, &["-S", "-d"]), Role::Misuse);
        assert_eq!(of(580, &["get_server_list"]), Role::FrontEnd, "which reads its commands elsewhere");
    }

    #[test]
    fn the_help_lists_options_and_commands_from_580_on() {
        let [old, new] = [550, 580].map(|branch| help(Version::new(branch).unwrap()));
        assert!(!old.contains("-d") && new.contains("-M,--multiuser-server") && new.contains("  ps [-p PID]\n"));
    }
}
