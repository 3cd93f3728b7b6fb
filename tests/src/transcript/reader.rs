//! The answers, command by command.

use std::slice;

use super::fields::{Fields, Line};
use super::rows::*;
use super::{ParseError, Result};

/// The lines of one answer, blank ones left out.
pub(super) struct Reader<'a> {
    lines: slice::Iter<'a, Line<'a>>,
    last: usize,
}

impl<'a> Reader<'a> {
    /// A reader of `lines`, which answer the command at line `asked`.
    pub(super) fn new(lines: &'a [Line<'a>], asked: usize) -> Self {
        Self { last: lines.last().map_or(asked, |last| last.number), lines: lines.iter() }
    }

    pub(super) fn answer(&mut self, line: Line<'_>, command: &str) -> Result<Answer> {
        let has = |option: &str| command.split_whitespace().any(|word| word == option);
        if let Some(assigned) = command.strip_prefix("CUDA_VISIBLE_DEVICES=") {
            let (value, comment) = assigned.split_once('#').unwrap_or((assigned, ""));
            return Ok(Answer::VisibleDevices(VisibleDevices {
                value: value.trim().to_owned(),
                comment: comment.trim().to_owned(),
            }));
        }
        if command == "ls -la /dev/nvidia-caps/" {
            self.capability_nodes().map(Answer::CapabilityNodes)
        } else if command.starts_with("find /proc/driver/nvidia/capabilities/") {
            self.capabilities().map(Answer::Capabilities)
        } else if command.starts_with("nvidia-smi mig ") {
            if has("-lgip") {
                self.gpu_instance_profiles().map(Answer::GpuInstanceProfiles)
            } else if has("-cgi") {
                self.gpu_instance_created().map(Answer::GpuInstanceCreated)
            } else if has("-lgi") {
                self.gpu_instances().map(Answer::GpuInstances)
            } else if has("-lcip") {
                self.compute_instance_profiles().map(Answer::ComputeInstanceProfiles)
            } else if has("-cci") {
                self.compute_instance_created().map(Answer::ComputeInstanceCreated)
            } else if has("-lci") {
                self.compute_instances().map(Answer::ComputeInstances)
            } else {
                Err(line.error("a MIG command that the reader knows"))
            }
        } else if command == "nvidia-smi -L" {
            self.gpus().map(Answer::Gpus)
        } else if command == "nvidia-smi" || command.starts_with("nvidia-smi -i ") {
            self.summary().map(Answer::Summary)
        } else {
            Err(line.error("a command that the reader knows"))
        }
    }

    fn next(&mut self) -> Result<Line<'a>> {
        self.lines
            .next()
            .copied()
            .ok_or_else(|| ParseError { line: self.last, message: "the answer ends too early".to_owned() })
    }

    /// The next line, where it starts with `start`.
    fn next_if(&mut self, start: &str) -> Option<Line<'a>> {
        let next = self.lines.as_slice().first()?;
        if !next.text.starts_with(start) {
            return None;
        }
        self.lines.next().copied()
    }

    pub(super) fn finish(mut self) -> Result<()> {
        self.lines.next().map_or(Ok(()), |line| Err(line.error("the end of the answer")))
    }

    /// A line of nothing but `characters`, starting with the first two.
    fn rule(&mut self, characters: &str) -> Result<()> {
        let line = self.next()?;
        if line.text.starts_with(&characters[..2]) && line.text.chars().all(|c| characters.contains(c)) {
            Ok(())
        } else {
            Err(line.error(&format!("a rule of {characters}")))
        }
    }

    fn border(&mut self) -> Result<()> {
        self.rule("+-")
    }

    fn row(&mut self) -> Result<Line<'a>> {
        let line = self.next()?;
        if line.text.starts_with("| ") && line.text.ends_with('|') {
            Ok(line)
        } else {
            Err(line.error("a row of the table"))
        }
    }

    /// Rows that hold exactly these words.
    fn heading(&mut self, rows: &[&str]) -> Result<()> {
        rows.iter().try_for_each(|words| {
            let mut fields = self.row()?.fields();
            fields.literal(words)?;
            fields.end()
        })
    }

    /// The entries of a table, each of `N` rows, down to the table's end.
    fn entries<const N: usize>(&mut self) -> Result<Vec<[Line<'a>; N]>> {
        self.rule("|=+")?;
        let mut entries = Vec::new();
        while self.lines.as_slice().first().is_some_and(|line| line.text.starts_with('|')) {
            let mut rows = Vec::with_capacity(N);
            for _ in 0..N {
                rows.push(self.row()?);
            }
            entries.push(rows.try_into().unwrap_or_else(|_| unreachable!("N rows were pushed")));
            self.border()?;
        }
        Ok(entries)
    }

    fn gpu_instance_profiles(&mut self) -> Result<Vec<GpuInstanceProfileRow>> {
        self.border()?;
        self.heading(&[
            "GPU instance profiles:",
            "GPU Name ID Instances Memory P2P SM DEC ENC",
            "Free/Total GiB CE JPEG OFA",
        ])?;
        let entries = self.entries()?.into_iter();
        entries
            .map(|[first, second]| {
                let (mut upper, mut lower) = (first.fields(), second.fields());
                let gpu = upper.number()?;
                upper.literal("MIG")?;
                let name = upper.text()?;
                let id = upper.number()?;
                let (free, total) = upper.pair('/')?;
                let row = GpuInstanceProfileRow {
                    gpu,
                    name,
                    id,
                    free,
                    total,
                    memory_gib: upper.text()?,
                    p2p: upper.one_of(&[("Yes", true), ("No", false)])?,
                    sm: upper.number()?,
                    dec: upper.number()?,
                    enc: upper.number()?,
                    ce: lower.number()?,
                    jpeg: lower.number()?,
                    ofa: lower.number()?,
                };
                upper.end()?;
                lower.end()?;
                Ok(row)
            })
            .collect()
    }

    fn gpu_instance_created(&mut self) -> Result<GpuInstanceCreated> {
        let mut fields = self.next()?.fields();
        fields.literal("Successfully created GPU instance ID")?;
        let id = fields.number()?;
        fields.literal("on GPU")?;
        let gpu = fields.number()?;
        let (profile, profile_id) = using_profile(fields)?;
        Ok(GpuInstanceCreated { gpu, id, profile, profile_id })
    }

    fn gpu_instances(&mut self) -> Result<Vec<GpuInstanceRow>> {
        self.border()?;
        self.heading(&["GPU instances:", "GPU Name Profile Instance Placement", "ID ID Start:Size"])?;
        let entries = self.entries()?.into_iter();
        entries
            .map(|[row]| {
                let mut fields = row.fields();
                let gpu = fields.number()?;
                fields.literal("MIG")?;
                let name = fields.text()?;
                let profile_id = fields.number()?;
                let instance_id = fields.number()?;
                let (start, size) = fields.pair(':')?;
                fields.end()?;
                Ok(GpuInstanceRow { gpu, name, profile_id, instance_id, start, size })
            })
            .collect()
    }

    fn compute_instance_profiles(&mut self) -> Result<Vec<ComputeInstanceProfileRow>> {
        self.border()?;
        self.heading(&[
            "Compute instance profiles:",
            "GPU GPU Name Profile Instances Exclusive Shared",
            "Instance ID Free/Total SM DEC ENC OFA",
            "ID CE JPEG",
        ])?;
        let entries = self.entries()?.into_iter();
        entries
            .map(|[first, second]| {
                let (mut upper, mut lower) = (first.fields(), second.fields());
                let gpu = upper.number()?;
                let gpu_instance = upper.number()?;
                upper.literal("MIG")?;
                let name = upper.text()?;
                let starred = upper.word()?;
                let id = upper.parse(starred.trim_end_matches('*'))?;
                let (free, total) = upper.pair('/')?;
                let row = ComputeInstanceProfileRow {
                    gpu,
                    gpu_instance,
                    name,
                    id,
                    is_default: starred.ends_with('*'),
                    free,
                    total,
                    sm: upper.number()?,
                    dec: upper.number()?,
                    enc: upper.number()?,
                    ofa: upper.number()?,
                    ce: lower.number()?,
                    jpeg: lower.number()?,
                };
                upper.end()?;
                lower.end()?;
                Ok(row)
            })
            .collect()
    }

    fn compute_instance_created(&mut self) -> Result<ComputeInstanceCreated> {
        let mut fields = self.next()?.fields();
        fields.literal("Successfully created compute instance ID")?;
        let id = fields.number()?;
        fields.literal("on GPU")?;
        let gpu = fields.number()?;
        fields.literal("GPU instance ID")?;
        let gpu_instance = fields.number()?;
        let (profile, profile_id) = using_profile(fields)?;
        Ok(ComputeInstanceCreated { gpu, gpu_instance, id, profile, profile_id })
    }

    fn compute_instances(&mut self) -> Result<Vec<ComputeInstanceRow>> {
        self.border()?;
        self.heading(&[
            "Compute instances:",
            "GPU GPU Name Profile Instance Placement",
            "Instance ID ID Start:Size",
            "ID",
        ])?;
        let entries = self.entries()?.into_iter();
        entries
            .map(|[row]| {
                let mut fields = row.fields();
                let gpu = fields.number()?;
                let gpu_instance = fields.number()?;
                fields.literal("MIG")?;
                let name = fields.text()?;
                let profile_id = fields.number()?;
                let instance_id = fields.number()?;
                let (start, size) = fields.pair(':')?;
                fields.end()?;
                Ok(ComputeInstanceRow { gpu, gpu_instance, name, profile_id, instance_id, start, size })
            })
            .collect()
    }

    fn summary(&mut self) -> Result<Summary> {
        let time = self.next()?.text.trim().to_owned();
        self.border()?;
        let mut versions = self.row()?.fields();
        versions.literal("NVIDIA-SMI")?;
        versions.word()?;
        versions.literal("Driver Version:")?;
        let driver = versions.text()?;
        versions.literal("CUDA Version:")?;
        let cuda = versions.text()?;
        versions.end()?;
        let gpus = self.summary_gpus()?;
        let mig_devices = self.mig_devices()?;
        self.border()?;
        self.heading(&["Processes:", "GPU GI CI PID Type Process name GPU Memory", "ID ID Usage"])?;
        self.rule("|=+")?;
        self.heading(&["No running processes found"])?;
        self.border()?;
        Ok(Summary { time, driver, cuda, gpus, mig_devices })
    }

    fn summary_gpus(&mut self) -> Result<Vec<GpuRow>> {
        self.border()?;
        self.heading(&[
            "GPU Name Persistence-M Bus-Id Disp.A Volatile Uncorr. ECC",
            "Fan Temp Perf Pwr:Usage/Cap Memory-Usage GPU-Util Compute M.",
            "MIG M.",
        ])?;
        let entries = self.entries()?.into_iter();
        entries
            .map(|[first, second, third]| {
                let [mut card, mut bus, _] = cells(first)?;
                let gpu = card.number()?;
                let name = card.name_before(1)?;
                let [_, mut memory, mut load] = cells(second)?;
                let (memory_used_mib, memory_total_mib) = memory.used_of_total_mib()?;
                let mut mig_mode = third.fields();
                let row = GpuRow {
                    gpu,
                    name,
                    bus_id: bus.text()?,
                    memory_used_mib,
                    memory_total_mib,
                    utilization: load.text()?,
                    mig_enabled: mig_mode.one_of(&[("Enabled", true), ("Disabled", false)])?,
                };
                mig_mode.end()?;
                Ok(row)
            })
            .collect()
    }

    fn mig_devices(&mut self) -> Result<Vec<MigDeviceRow>> {
        self.border()?;
        self.heading(&["MIG devices:"])?;
        self.border()?;
        self.heading(&[
            "GPU GI CI MIG Shared Memory-Usage Vol Shared",
            "ID ID Dev Shared BAR1-Usage SM Unc CE ENC DEC OFA JPG",
            "ECC",
        ])?;
        let entries = self.entries()?.into_iter();
        entries
            .map(|[first, second]| {
                let (mut upper, mut lower) = (first.fields(), second.fields());
                let gpu = upper.number()?;
                let gpu_instance = upper.number()?;
                let compute_instance = upper.number()?;
                let device = upper.number()?;
                let (memory_used_mib, memory_total_mib) = upper.used_of_total_mib()?;
                let (bar1_used_mib, bar1_total_mib) = lower.used_of_total_mib()?;
                let row = MigDeviceRow {
                    gpu,
                    gpu_instance,
                    compute_instance,
                    device,
                    memory_used_mib,
                    memory_total_mib,
                    bar1_used_mib,
                    bar1_total_mib,
                    sm: upper.number()?,
                    volatile_uncorrected_ecc: upper.number()?,
                    ce: upper.number()?,
                    enc: upper.number()?,
                    dec: upper.number()?,
                    ofa: upper.number()?,
                    jpeg: upper.number()?,
                };
                upper.end()?;
                lower.end()?;
                Ok(row)
            })
            .collect()
    }

    fn gpus(&mut self) -> Result<Vec<ListedGpu>> {
        let mut gpus = Vec::new();
        while let Some(line) = self.next_if("GPU ") {
            let mut fields = line.fields();
            fields.literal("GPU")?;
            let gpu = fields.number()?;
            let name = fields.name_before(2)?;
            fields.literal("UUID:")?;
            let uuid = fields.text()?;
            let mut mig_devices = Vec::new();
            while let Some(line) = self.next_if("  MIG ") {
                let mut fields = line.fields();
                fields.literal("MIG")?;
                let name = fields.text()?;
                fields.literal("Device")?;
                let device = fields.number()?;
                fields.literal("UUID:")?;
                let uuid = fields.text()?;
                fields.end()?;
                mig_devices.push(ListedMigDevice { name, device, uuid });
            }
            gpus.push(ListedGpu { gpu, name, uuid, mig_devices });
        }
        Ok(gpus)
    }

    fn capability_nodes(&mut self) -> Result<Vec<CapabilityNodeRow>> {
        self.next()?.fields().literal("total")?;
        for folder in [".", ".."] {
            let line = self.next()?;
            if !line.text.starts_with('d') || line.fields().words.next_back() != Some(folder) {
                return Err(line.error(&format!("the folder `{folder}`")));
            }
        }
        let mut nodes = Vec::new();
        while let Some(line) = self.next_if("c") {
            let mut fields = line.fields();
            let bits = fields.word()?;
            let mode = mode(bits).ok_or_else(|| line.error("a file mode"))?;
            fields.number()?;
            fields.literal("root root")?;
            let major = fields.number()?;
            let minor = fields.number()?;
            // Month, day and time.
            for _ in 0..3 {
                fields.word()?;
            }
            let name = fields.text()?;
            fields.end()?;
            nodes.push(CapabilityNodeRow { mode, major, minor, name });
        }
        Ok(nodes)
    }

    fn capabilities(&mut self) -> Result<Vec<CapabilityRow>> {
        let mut rows = Vec::new();
        while let Some(line) = self.next_if("/proc/driver/nvidia/capabilities/") {
            let mut fields = line.fields();
            let access = fields.text()?;
            fields.literal("→")?;
            let node = fields.text()?;
            let after = |text: &str, start: &str| -> Result<u32> {
                let digits = text.strip_prefix(start);
                fields.parse(digits.ok_or_else(|| line.error(&format!("`{start}` and a number")))?)
            };
            let parts: Vec<&str> = access.split('/').skip(5).collect();
            let (gpu, gpu_instance, compute_instance) = match parts[..] {
                [gpu, "mig", gi, "access"] => (gpu, gi, None),
                [gpu, "mig", gi, ci, "access"] => (gpu, gi, Some(ci)),
                _ => return Err(line.error("the access file of an instance")),
            };
            let row = CapabilityRow {
                gpu: after(gpu, "gpu")?,
                gpu_instance: after(gpu_instance, "gi")?,
                compute_instance: compute_instance.map(|ci| after(ci, "ci")).transpose()?,
                minor: after(&node, "/dev/nvidia-caps/nvidia-cap")?,
                access,
                node,
            };
            fields.end()?;
            rows.push(row);
        }
        Ok(rows)
    }
}

/// `using profile MIG <name> (ID <id>)`, the end of a success line.
fn using_profile(mut fields: Fields<'_>) -> Result<(String, u32)> {
    fields.literal("using profile MIG")?;
    let name = fields.text()?;
    fields.literal("ID")?;
    let id = fields.number()?;
    fields.end()?;
    Ok((name, id))
}

/// The cells of a row.
fn cells<'a, const N: usize>(row: Line<'a>) -> Result<[Fields<'a>; N]> {
    let cells: Vec<_> = row.text.trim_matches('|').split('|').map(|cell| row.fields_of(cell)).collect();
    cells.try_into().map_err(|_| row.error(&format!("{N} cells")))
}

/// The permission bits of a mode as `ls` prints it: a letter of its kind, nine bits, and perhaps a mark.
fn mode(letters: &str) -> Option<u32> {
    let bits = letters.get(1..10)?;
    bits.chars().zip("rwxrwxrwx".chars()).try_fold(0, |mode, (bit, set)| match bit {
        '-' => Some(mode << 1),
        _ if bit == set => Some(mode << 1 | 1),
        _ => None,
    })
}
