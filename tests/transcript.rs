//! The transcript reader against values read off the recording by eye.

#![forbid(unsafe_code)]

use gpushare_tests::transcript::{
    A100_WALKTHROUGH, Answer, CapabilityNodeRow, CapabilityRow, ComputeInstanceCreated, ComputeInstanceProfileRow,
    ComputeInstanceRow, GpuInstanceCreated, GpuInstanceProfileRow, GpuInstanceRow, GpuRow, ListedMigDevice,
    MigDeviceRow, Step, VisibleDevices, parse,
};

fn steps() -> Vec<Step> {
    parse(A100_WALKTHROUGH).unwrap()
}

/// The answers that `pick` takes, in order.
fn answers<T>(pick: impl Fn(Answer) -> Option<T>) -> Vec<T> {
    steps().into_iter().filter_map(|step| pick(step.answer)).collect()
}

#[test]
fn the_steps_are_in_the_order_of_the_recording() {
    let commands: Vec<String> = steps().into_iter().map(|step| step.command).collect();
    let smi: Vec<&str> = commands.iter().filter_map(|command| command.strip_prefix("nvidia-smi ")).collect();
    assert_eq!(
        smi,
        [
            "mig -i 0 -lgip",
            "mig -i 0 -cgi 4g.20gb",
            "mig -i 0 -lgip",
            "mig -i 0 -cgi 2g.10gb",
            "mig -i 0 -lgip",
            "mig -i 0 -cgi 1g.5gb",
            "mig -i 0 -lgip",
            "mig -i 0 -lgi",
            "mig -i 0 -gi 2 -lcip",
            "mig -i 0 -gi 2 -cci",
            "mig -i 0 -gi 2 -lcip",
            "mig -i 0 -gi 3 -lcip",
            "mig -i 0 -gi 3 -cci 1c.2g.10gb",
            "mig -i 0 -gi 3 -lcip",
            "mig -i 0 -gi 3 -cci 1c.2g.10gb",
            "mig -i 0 -gi 3 -lcip",
            "mig -i 0 -gi 9 -lcip",
            "mig -i 0 -gi 9 -cci 1g.5gb",
            "mig -i 0 -gi 9 -lcip",
            "mig -i 0 -lgi",
            "mig -i 0 -lci",
            "-i 0",
            "-L",
        ]
    );
    assert_eq!(commands.len(), 23 + 11 + 2);
    assert!(commands[23..34].iter().all(|command| command.starts_with("CUDA_VISIBLE_DEVICES=")));
    assert_eq!(commands[34], "ls -la /dev/nvidia-caps/");
    assert!(commands[35].starts_with("find /proc/driver/nvidia/capabilities/gpu0/mig/ -name access"));
    assert!(commands[35].ends_with("\ndone"));
}

#[test]
fn gpu_instance_profiles() {
    let tables = answers(|answer| match answer {
        Answer::GpuInstanceProfiles(rows) => Some(rows),
        _ => None,
    });
    assert_eq!(
        tables[0][1],
        GpuInstanceProfileRow {
            gpu: 0,
            name: "1g.5gb+me".to_owned(),
            id: 20,
            free: 1,
            total: 1,
            memory_gib: "4.75".to_owned(),
            p2p: false,
            sm: 14,
            dec: 1,
            enc: 0,
            ce: 1,
            jpeg: 1,
            ofa: 1,
        }
    );
    let whole = &tables[3][6];
    assert_eq!((whole.name.as_str(), whole.memory_gib.as_str()), ("7g.40gb", "39.38"));
    assert_eq!((whole.sm, whole.dec, whole.enc, whole.ce, whole.jpeg, whole.ofa), (98, 5, 0, 7, 1, 1));
    let ids: Vec<u32> = tables[0].iter().map(|row| row.id).collect();
    assert_eq!(ids, [19, 20, 15, 14, 9, 5, 0]);
    let totals: Vec<u32> = tables[0].iter().map(|row| row.total).collect();
    assert_eq!(totals, [7, 1, 4, 3, 2, 1, 1]);
    let free: Vec<Vec<u32>> = tables.iter().map(|rows| rows.iter().map(|row| row.free).collect()).collect();
    assert_eq!(free, [[7, 1, 4, 3, 2, 1, 1], [3, 1, 2, 1, 1, 0, 0], [1, 1, 1, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0, 0],]);
}

#[test]
fn gpu_instances() {
    let created = answers(|answer| match answer {
        Answer::GpuInstanceCreated(created) => Some(created),
        _ => None,
    });
    // The recording's first slip: the instance is 2, as every later answer says.
    let expected = [(1, "4g.20gb", 5), (3, "2g.10gb", 14), (9, "1g.5gb", 19)]
        .map(|(id, profile, profile_id)| GpuInstanceCreated { gpu: 0, id, profile: profile.to_owned(), profile_id });
    assert_eq!(created, expected);

    let tables = answers(|answer| match answer {
        Answer::GpuInstances(rows) => Some(rows),
        _ => None,
    });
    let expected = [("1g.5gb", 19, 9, 6, 1), ("2g.10gb", 14, 3, 4, 2), ("4g.20gb", 5, 2, 0, 4)].map(
        |(name, profile_id, instance_id, start, size)| GpuInstanceRow {
            gpu: 0,
            name: name.to_owned(),
            profile_id,
            instance_id,
            start,
            size,
        },
    );
    assert_eq!(tables, [expected.clone(), expected]);
}

#[test]
fn compute_instance_profiles() {
    let tables = answers(|answer| match answer {
        Answer::ComputeInstanceProfiles(rows) => Some(rows),
        _ => None,
    });
    assert_eq!(
        tables[0][2],
        ComputeInstanceProfileRow {
            gpu: 0,
            gpu_instance: 2,
            name: "4g.20gb".to_owned(),
            id: 3,
            is_default: true,
            free: 1,
            total: 1,
            sm: 56,
            dec: 2,
            enc: 0,
            ofa: 0,
            ce: 4,
            jpeg: 0,
        }
    );
    let brief: Vec<Vec<_>> = tables
        .iter()
        .map(|rows| rows.iter().map(|row| (row.gpu_instance, row.id, row.is_default, row.free, row.total)).collect())
        .collect();
    assert_eq!(
        brief,
        [
            vec![(2, 0, false, 4, 4), (2, 1, false, 2, 2), (2, 3, true, 1, 1)],
            vec![(2, 0, false, 0, 4), (2, 1, false, 0, 2), (2, 3, true, 0, 1)],
            vec![(3, 0, false, 2, 2), (3, 1, true, 1, 1)],
            vec![(3, 0, false, 1, 2), (3, 1, true, 0, 1)],
            vec![(3, 0, false, 0, 2), (3, 1, true, 0, 1)],
            vec![(9, 0, true, 1, 1)],
            vec![(9, 0, true, 0, 1)],
        ]
    );
}

#[test]
fn compute_instances() {
    let created = answers(|answer| match answer {
        Answer::ComputeInstanceCreated(created) => Some(created),
        _ => None,
    });
    // The recording's second slip: the third line's instance is 1.
    let expected = [(2, 0, "4g.20gb", 3), (3, 0, "1c.2g.10gb", 0), (3, 0, "1c.2g.10gb", 0), (9, 0, "1g.5gb", 0)].map(
        |(gpu_instance, id, profile, profile_id)| ComputeInstanceCreated {
            gpu: 0,
            gpu_instance,
            id,
            profile: profile.to_owned(),
            profile_id,
        },
    );
    assert_eq!(created, expected);

    let tables = answers(|answer| match answer {
        Answer::ComputeInstances(rows) => Some(rows),
        _ => None,
    });
    let expected = [
        (9, "1g.5gb", 0, 0, 0, 1),
        (3, "1c.2g.10gb", 0, 0, 0, 1),
        (3, "1c.2g.10gb", 0, 1, 1, 1),
        (2, "4g.20gb", 3, 0, 0, 4),
    ]
    .map(|(gpu_instance, name, profile_id, instance_id, start, size)| ComputeInstanceRow {
        gpu: 0,
        gpu_instance,
        name: name.to_owned(),
        profile_id,
        instance_id,
        start,
        size,
    });
    assert_eq!(tables, [expected]);
}

#[test]
fn the_summary_and_its_mig_devices() {
    let summaries = answers(|answer| match answer {
        Answer::Summary(summary) => Some(summary),
        _ => None,
    });
    let [summary] = &summaries[..] else { panic!("one summary, not {}", summaries.len()) };
    assert_eq!(summary.time, "Tue Feb 17 16:58:38 2026");
    assert_eq!((summary.driver.as_str(), summary.cuda.as_str()), ("580.126.09", "13.0"));
    assert_eq!(
        summary.gpus,
        [GpuRow {
            gpu: 0,
            name: "NVIDIA A100-SXM4-40GB".to_owned(),
            bus_id: "00000000:10:1C.0".to_owned(),
            memory_used_mib: 249,
            memory_total_mib: 40960,
            utilization: "N/A".to_owned(),
            mig_enabled: true,
        }]
    );
    assert_eq!(summary.mig_devices.len(), 4);
    assert_eq!(
        summary.mig_devices[2],
        MigDeviceRow {
            gpu: 0,
            gpu_instance: 3,
            compute_instance: 1,
            device: 2,
            memory_used_mib: 71,
            memory_total_mib: 9984,
            bar1_used_mib: 0,
            bar1_total_mib: 6105,
            sm: 14,
            volatile_uncorrected_ecc: 0,
            ce: 2,
            enc: 0,
            dec: 1,
            ofa: 0,
            jpeg: 0,
        }
    );
    let [first, .., last] = &summary.mig_devices[..] else { panic!("several MIG devices") };
    assert_eq!((first.sm, first.memory_total_mib, first.bar1_total_mib, first.dec), (56, 20096, 12211, 2));
    assert_eq!(
        (last.gpu_instance, last.memory_used_mib, last.memory_total_mib, last.bar1_total_mib),
        (9, 36, 4864, 3052)
    );
}

#[test]
fn the_list_of_gpus() {
    let lists = answers(|answer| match answer {
        Answer::Gpus(gpus) => Some(gpus),
        _ => None,
    });
    let [gpus] = &lists[..] else { panic!("one list, not {}", lists.len()) };
    assert_eq!(gpus.len(), 8);
    assert!(gpus.iter().all(|gpu| gpu.name == "NVIDIA A100-SXM4-40GB"));
    assert_eq!(gpus[0].uuid, "GPU-9e4aeb94-01c0-5173-4811-4ca60f77b3a9");
    assert_eq!((gpus[7].gpu, gpus[7].uuid.as_str()), (7, "GPU-e38bb82d-2bd3-41b0-1c6e-db7d90e6ae19"));
    assert!(gpus[1..].iter().all(|gpu| gpu.mig_devices.is_empty()));
    assert_eq!(gpus[0].mig_devices.len(), 4);
    assert_eq!(
        gpus[0].mig_devices[1],
        ListedMigDevice {
            name: "1c.2g.10gb".to_owned(),
            device: 1,
            uuid: "MIG-8970491e-16e0-5140-9f8f-d561baa3c186".to_owned(),
        }
    );
}

#[test]
fn the_forms_of_cuda_visible_devices() {
    let forms = answers(|answer| match answer {
        Answer::VisibleDevices(form) => Some(form),
        _ => None,
    });
    let values: Vec<&str> = forms.iter().map(|form| form.value.as_str()).collect();
    assert_eq!(
        values,
        [
            "MIG-c42101f0-a1fa-5b68-8908-7c5c887f28bd",
            "MIG-GPU-9e4aeb94-01c0-5173-4811-4ca60f77b3a9/2/0",
            "MIG-GPU-9e4aeb94-01c0-5173-4811-4ca60f77b3a9/3/0",
            "MIG-GPU-9e4aeb94-01c0-5173-4811-4ca60f77b3a9/3/1",
            "MIG-GPU-9e4aeb94-01c0-5173-4811-4ca60f77b3a9/9/0",
            "0:2/0",
            "0:3/0",
            "0:3/1",
            "0:9/0",
            "MIG-c42101f0-...,MIG-8970491e-...",
            "0:2/0,0:3/0",
        ]
    );
    assert_eq!(
        forms[1],
        VisibleDevices {
            value: "MIG-GPU-9e4aeb94-01c0-5173-4811-4ca60f77b3a9/2/0".to_owned(),
            comment: "4g.20gb".to_owned(),
        }
    );
    assert_eq!(forms[0].comment, "");
}

#[test]
fn capability_files() {
    let nodes = answers(|answer| match answer {
        Answer::CapabilityNodes(nodes) => Some(nodes),
        _ => None,
    });
    let expected = [
        (0o400, 0),
        (0o400, 1),
        (0o444, 2),
        (0o444, 21),
        (0o444, 22),
        (0o444, 30),
        (0o444, 31),
        (0o444, 32),
        (0o444, 84),
        (0o444, 85),
    ]
    .map(|(mode, minor)| CapabilityNodeRow { mode, major: 242, minor, name: format!("nvidia-cap{minor}") });
    assert_eq!(nodes, [expected]);

    let rows = answers(|answer| match answer {
        Answer::Capabilities(rows) => Some(rows),
        _ => None,
    })
    .concat();
    let brief: Vec<_> = rows.iter().map(|row| (row.gpu, row.gpu_instance, row.compute_instance, row.minor)).collect();
    assert_eq!(
        brief,
        [
            (0, 2, None, 21),
            (0, 2, Some(0), 22),
            (0, 3, None, 30),
            (0, 3, Some(0), 31),
            (0, 3, Some(1), 32),
            (0, 9, None, 84),
            (0, 9, Some(0), 85),
        ]
    );
    assert_eq!(
        rows[4],
        CapabilityRow {
            access: "/proc/driver/nvidia/capabilities/gpu0/mig/gi3/ci1/access".to_owned(),
            gpu: 0,
            gpu_instance: 3,
            compute_instance: Some(1),
            node: "/dev/nvidia-caps/nvidia-cap32".to_owned(),
            minor: 32,
        }
    );
}

/// No line is read past: without it, the transcript is refused or says something else.
#[test]
fn every_line_counts() {
    let lines: Vec<&str> = A100_WALKTHROUGH.lines().collect();
    let whole = steps();
    for (index, line) in lines.iter().enumerate() {
        if line.starts_with('#') || line.is_empty() {
            continue;
        }
        let rest = [&lines[..index], &lines[index + 1..]].concat().join("\n");
        assert_ne!(parse(&rest).as_ref(), Ok(&whole), "line {}: {line}", index + 1);
    }
}

#[test]
fn errors_name_the_line() {
    let error = |text: &str| parse(text).unwrap_err().to_string();
    assert_eq!(error("\nhello"), r#"line 2: expected a command at "hello""#);
    assert_eq!(error("$ nvidia-smi -x"), r#"line 1: expected a command that the reader knows at "$ nvidia-smi -x""#);
    assert_eq!(error("$ nvidia-smi mig -lgi\n"), "line 1: the answer ends too early");
    let renamed = A100_WALKTHROUGH.replace("CE    JPEG  OFA", "CE    OFA  JPEG");
    assert_eq!(
        parse(&renamed).unwrap_err().line,
        A100_WALKTHROUGH.lines().position(|line| line.contains("CE    JPEG  OFA")).unwrap() + 1
    );
}
