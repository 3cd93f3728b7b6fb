//! The commands, each with what it answers. Versions that do not know one say so.

use super::control::{Caller, Control, Outcome, World};
use super::limits::{DeviceKey, MemoryLimit, Percentage};
use super::number::{integer, word};
use super::served::{Reply, Request};
use super::table;

/// The longest line of an answer.
const LONGEST: usize = 4096;
/// What a getter of limits logs where there is none.
const NO_LIMIT: &str = "No default pinned memory limit set for the device!";
const BAD_ORDINAL: &str = "Invalid device ordinal!";
const BAD_PERCENTAGE: &str = "Invalid percentage, expected between (0.0, 100.0]";

/// Lines to print.
type Lines = Vec<String>;

fn not_found(pid: i32) -> String {
    format!("Server {pid} not found")
}

impl Control {
    /// Carries out a line that a front-end sent.
    pub(in crate::mps) fn command(&mut self, line: &[u8], caller: Caller, world: &mut dyn World) -> Outcome {
        world.log(&format!("Cmd:{}", String::from_utf8_lossy(line)));
        let (name, rest) = word(line);
        if name == b"quit" {
            return self.quit_command(rest, caller, world);
        }
        let known = std::str::from_utf8(name).ok().and_then(|name| self.answer(name, rest, caller, world));
        let answer = match known {
            Some(lines) => lines.iter().flat_map(|line| [line.as_bytes(), b"\n"]).collect::<Vec<_>>().concat(),
            None => {
                let mut answer = [b"Unknown command \"", name, b"\""].concat();
                answer.truncate(LONGEST);
                answer.push(b'\n');
                answer
            }
        };
        let said = String::from_utf8_lossy(&answer);
        said.lines().filter(|line| !line.is_empty()).for_each(|line| world.log(line));
        Outcome::Answer(answer)
    }

    /// The answer to a command; none where this version does not know it.
    fn answer(&mut self, name: &str, rest: &[u8], caller: Caller, world: &mut dyn World) -> Option<Lines> {
        let lines = match name {
            "get_server_list" => self.servers.iter().map(|server| server.pid.to_string()).collect(),
            "start_server" => self.start_server(rest, caller, world),
            "shutdown_server" => self.shutdown_server(rest, caller, world),
            "get_client_list" => self.told_by_server(rest, &Request::Clients, world),
            "get_device_client_list" => self.device_clients(rest, world),
            "get_default_active_thread_percentage" => vec![self.percentage.to_string()],
            "set_default_active_thread_percentage" => self.set_default_percentage(rest, caller, world),
            "get_active_thread_percentage" => self.told_by_server(rest, &Request::Percentage, world),
            "set_active_thread_percentage" => self.set_percentage(rest, caller, world),
            "get_server_status" if self.version.has_status() => self.status(rest, world),
            "device_query" if self.version.has_device_query() => self.device_query(rest, world),
            _ if !self.version.has_limits() => return None,
            "ps" => self.processes(rest, world),
            "terminate_client" => self.terminate(rest, caller, world),
            "get_default_device_pinned_mem_limit" => self.default_limit(rest, world),
            "set_default_device_pinned_mem_limit" => self.set_default_limit(rest, caller, world),
            "get_device_pinned_mem_limit" => self.limit(rest, world),
            "set_device_pinned_mem_limit" => self.set_limit(rest, caller, world),
            "get_default_client_priority" => vec![self.priority.to_string()],
            "set_default_client_priority" => self.set_default_priority(rest, caller),
            _ => return None,
        };
        Some(lines)
    }

    fn quit_command(&mut self, rest: &[u8], caller: Caller, world: &mut dyn World) -> Outcome {
        if !self.rules(caller) {
            let refusal = "Not enough privilege to execute quit command";
            world.log(refusal);
            return Outcome::Answer(format!("{refusal}\n").into_bytes());
        }
        let (option, value) = word(rest);
        let timeout = integer(value).filter(|_| option == b"-t").map(|(seconds, _)| seconds as u32);
        if let Some(seconds) = timeout.filter(|_| self.version.has_limits()) {
            world.log(&format!("quit command issued with timeout of {seconds}"));
        }
        self.quit(world);
        Outcome::Quit(timeout)
    }

    fn start_server(&mut self, rest: &[u8], caller: Caller, world: &mut dyn World) -> Lines {
        let (option, value) = word(rest);
        let Some((uid, _)) = integer(value).filter(|_| option == b"-uid") else {
            return vec!["A user id (UID) is required to start a new server".to_owned()];
        };
        let uid = uid as u32;
        if caller.uid != 0 && caller.uid != uid {
            return vec![self.version.refusal(caller.uid, "start server for another user")];
        }
        if self.is_quitting() {
            return vec!["The MPS control daemon is shutting down".to_owned()];
        }
        self.provide(uid, world);
        Vec::new()
    }

    fn shutdown_server(&mut self, rest: &[u8], caller: Caller, world: &mut dyn World) -> Lines {
        let (pid, rest) = integer(rest).unwrap_or((0, &[]));
        let Some(server) = self.server(pid) else { return vec![not_found(pid)] };
        if caller.uid != 0 && caller.uid != server.uid {
            return vec![self.version.refusal(caller.uid, "shutdown another user's server")];
        }
        if word(rest).0 == b"-f" {
            self.force(pid, world);
        } else if server.ready {
            self.ask_to_end(pid, world);
        }
        Vec::new()
    }

    /// Asks a server that is ready; the error is what to print where that cannot be.
    fn ask(&self, pid: i32, request: &Request, world: &mut dyn World) -> Result<Reply, Lines> {
        let server = self.server(pid).ok_or_else(|| vec![not_found(pid)])?;
        let reply = if server.ready { world.ask(pid, request) } else { None };
        reply.ok_or_else(|| {
            world.log(&format!("Server {pid} is <busy>"));
            Vec::new()
        })
    }

    fn told_by_server(&self, rest: &[u8], request: &Request, world: &mut dyn World) -> Lines {
        let pid = integer(rest).map_or(0, |(pid, _)| pid);
        match self.ask(pid, request, world) {
            Ok(Reply::Lines(lines)) | Err(lines) => lines,
            Ok(Reply::Percentage(percentage)) => vec![percentage.to_string()],
            Ok(_) => Vec::new(),
        }
    }

    fn device_clients(&self, rest: &[u8], world: &mut dyn World) -> Lines {
        // Without a PID, or with 0, of all servers.
        match integer(rest).filter(|(pid, _)| *pid != 0) {
            Some(_) => self.told_by_server(rest, &Request::DeviceClients, world),
            None => {
                let pids = self.servers.iter().map(|server| server.pid.to_string());
                pids.flat_map(|pid| self.told_by_server(pid.as_bytes(), &Request::DeviceClients, world)).collect()
            }
        }
    }

    fn status(&self, rest: &[u8], world: &mut dyn World) -> Lines {
        let Some((pid, _)) = integer(rest) else { return vec!["A server PID is required".to_owned()] };
        match self.server(pid) {
            Some(server) if !server.ready => vec!["INITIALIZING".to_owned()],
            _ => self.told_by_server(rest, &Request::Status, world),
        }
    }

    fn processes(&self, rest: &[u8], world: &mut dyn World) -> Lines {
        let (option, value) = word(rest);
        if option == b"-p" {
            let pid = integer(value).map_or(0, |(pid, _)| pid);
            return match self.ask(pid, &Request::Processes, world) {
                Ok(Reply::Processes(rows)) => {
                    let rows = rows.iter().map(|row| table::process_row(pid, row));
                    [table::process_heading()].into_iter().chain(rows).collect()
                }
                // What kept it from answering, then that it was not found, then nothing.
                Ok(_) => Vec::new(),
                Err(mut lines) => {
                    lines.extend([not_found(pid), String::new()]);
                    lines
                }
            };
        }
        let mut lines = Vec::new();
        for pid in self.servers.iter().filter(|server| server.ready).map(|server| server.pid) {
            let Ok(Reply::Processes(rows)) = self.ask(pid, &Request::Processes, world) else { continue };
            if lines.is_empty() {
                lines.push(table::process_heading());
            }
            lines.extend(rows.iter().map(|row| table::process_row(pid, row)));
        }
        if lines.is_empty() { vec!["Server not found".to_owned()] } else { lines }
    }

    /// Whether a user may change a server, or what he is told.
    fn may_change(&self, pid: i32, caller: Caller, act: &str) -> Result<(), Lines> {
        let foreign = self.server(pid).is_some_and(|server| server.ready && server.uid != caller.uid);
        if foreign && caller.uid != 0 && self.version.guards_settings() {
            return Err(vec![self.version.refusal(caller.uid, act)]);
        }
        Ok(())
    }

    fn terminate(&self, rest: &[u8], caller: Caller, world: &mut dyn World) -> Lines {
        let (server, rest) = integer(rest).unwrap_or((0, &[]));
        let client = integer(rest).map_or(0, |(pid, _)| pid);
        if let Err(refusal) = self.may_change(server, caller, "terminate clients on another user's server") {
            return refusal;
        }
        match self.ask(server, &Request::Terminate(client), world) {
            Ok(Reply::Terminated(true)) => vec!["0".to_owned()],
            Ok(_) => vec![format!("Invalid process {client}!"), "1".to_owned()],
            Err(mut lines) => {
                lines.extend([format!("{}!", not_found(server)), "1".to_owned()]);
                lines
            }
        }
    }

    /// What a user is told who may not change the daemon's settings.
    fn settings_refusal(&self, caller: Caller) -> Option<Lines> {
        let refused = self.version.guards_settings() && !self.rules(caller);
        refused.then(|| vec![self.version.settings_refusal(caller.uid)])
    }

    fn set_default_percentage(&mut self, rest: &[u8], caller: Caller, world: &mut dyn World) -> Lines {
        if let Some(refusal) = self.settings_refusal(caller) {
            return refusal;
        }
        match Percentage::read(rest) {
            Some(percentage) => self.percentage = percentage,
            None => world.log(BAD_PERCENTAGE),
        }
        vec![self.percentage.to_string()]
    }

    fn set_percentage(&self, rest: &[u8], caller: Caller, world: &mut dyn World) -> Lines {
        let (pid, value) = integer(rest).unwrap_or((0, &[]));
        if let Err(refusal) = self.may_change(pid, caller, "change settings for another user's server") {
            return refusal;
        }
        let request = Percentage::read(value).map_or(Request::Percentage, Request::SetPercentage);
        let bad = matches!(request, Request::Percentage);
        match self.ask(pid, &request, world) {
            Ok(Reply::Percentage(percentage)) => {
                if bad {
                    world.log(BAD_PERCENTAGE);
                }
                vec![percentage.to_string()]
            }
            Ok(_) => Vec::new(),
            Err(lines) => lines,
        }
    }

    fn default_limit(&self, rest: &[u8], world: &mut dyn World) -> Lines {
        let Ok((device, _)) = DeviceKey::read(self.version, rest) else {
            world.log(BAD_ORDINAL);
            return Vec::new();
        };
        match self.limits.get(&device) {
            Some(limit) => vec![limit.to_string()],
            None => {
                world.log(NO_LIMIT);
                Vec::new()
            }
        }
    }

    fn set_default_limit(&mut self, rest: &[u8], caller: Caller, world: &mut dyn World) -> Lines {
        if let Some(refusal) = self.settings_refusal(caller) {
            return refusal;
        }
        if self.version.has_device_query() {
            world.log(&format!("set_default_device_pinned_mem_limit {}.", String::from_utf8_lossy(rest).trim()));
        }
        match DeviceKey::read(self.version, rest) {
            Ok((device, value)) => self.limits.set(device, value.and_then(|value| MemoryLimit::read(word(value).0))),
            Err(()) => world.log(BAD_ORDINAL),
        }
        Vec::new()
    }

    fn limit(&self, rest: &[u8], world: &mut dyn World) -> Lines {
        let (pid, rest) = integer(rest).unwrap_or((0, &[]));
        let device = DeviceKey::read(self.version, rest).map(|(device, _)| device);
        let request = Request::Limit(device.clone().unwrap_or(DeviceKey::Ordinal(0)));
        match self.ask(pid, &request, world) {
            Ok(_) if device.is_err() => {
                world.log(BAD_ORDINAL);
                Vec::new()
            }
            Ok(Reply::Limit(limit)) => limit.iter().map(ToString::to_string).collect(),
            Ok(_) => Vec::new(),
            Err(lines) => lines,
        }
    }

    fn set_limit(&self, rest: &[u8], caller: Caller, world: &mut dyn World) -> Lines {
        let (pid, rest) = integer(rest).unwrap_or((0, &[]));
        if let Err(refusal) = self.may_change(pid, caller, "change settings for another user's server") {
            return refusal;
        }
        let request = match DeviceKey::read(self.version, rest) {
            Ok((device, value)) => Request::SetLimit(device, value.and_then(|value| MemoryLimit::read(word(value).0))),
            Err(()) => {
                world.log(BAD_ORDINAL);
                Request::Limit(DeviceKey::Ordinal(0))
            }
        };
        self.ask(pid, &request, world).err().unwrap_or_default()
    }

    fn set_default_priority(&mut self, rest: &[u8], caller: Caller) -> Lines {
        if let Some(refusal) = self.settings_refusal(caller) {
            return refusal;
        }
        match integer(rest).map_or(0, |(value, _)| value) {
            value @ 0..=1 => {
                self.priority = value as u8;
                Vec::new()
            }
            _ => vec!["Invalid priority value - must be 0 or 1!".to_owned()],
        }
    }

    fn device_query(&self, rest: &[u8], world: &mut dyn World) -> Lines {
        let (first, more) = word(rest);
        let csv = first == b"--csv" || word(more).0 == b"--csv";
        let asked = integer(rest).map(|(pid, _)| pid);
        if let Some(pid) = asked.filter(|pid| self.server(*pid).is_none()) {
            return vec![not_found(pid)];
        }
        let devices = world.devices();
        let mut lines = if asked.is_none() { table::device_block("Default", &devices, csv) } else { Vec::new() };
        for server in self.servers.iter().filter(|server| server.ready && asked.is_none_or(|pid| pid == server.pid)) {
            if !lines.is_empty() {
                lines.push(String::new());
            }
            lines.extend(table::device_block(&format!("Server {}", server.pid), &devices, csv));
        }
        lines
    }
}
