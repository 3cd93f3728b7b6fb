"""NVIDIA's own nvidia-smi, of each driver that `.ci/fetch-nvidia-tools` leaves: its output and its exit statuses.

Each command is a process, so these tests show as well that the machine outlives the process which changed it.
"""

import os
import re
from pathlib import Path
from xml.etree import ElementTree

import a100
import pynvml
import pytest
import transcript

TOOLS = sorted(Path(os.environ["GPUSHARE_NVIDIA_TOOLS"]).glob("nvidia-smi-*"))
assert TOOLS, "GPUSHARE_NVIDIA_TOOLS names a folder without nvidia-smi"

OK, INVALID_ARGUMENT, NO_PERMISSION, NOT_FOUND, IN_USE, INSUFFICIENT_RESOURCES = 0, 2, 4, 6, 19, 23


class NvidiaSmi:
    def __init__(self, program, run):
        self.program = program
        self.driver = int(program.name.removeprefix("nvidia-smi-"))
        self._run = run

    def __call__(self, command="", status=OK):
        """What the command prints; it has to exit with this status."""
        done = self._run(self.program, *command.split())
        assert done.returncode == status, done.stdout
        return done.stdout

    def lines(self, command="", status=OK):
        return transcript.squeeze(self(command, status))


@pytest.fixture(params=TOOLS, ids=lambda program: program.name)
def smi(request, run):
    return NvidiaSmi(request.param, run)


def as_older_drivers_print(answer):
    """A recorded answer in the words of nvidia-smi before 580, which differ in these points alone."""
    answer = [re.sub(r"^\| NVIDIA-SMI [\d.]+", "| NVIDIA-SMI", line) for line in answer]
    answer = [line.replace("| Shared Memory-Usage |", "| Memory-Usage |") for line in answer]
    answer = [line.replace("| Shared BAR1-Usage |", "| BAR1-Usage |") for line in answer]
    for index, line in enumerate(answer):
        if line.startswith("| NVIDIA-SMI"):
            answer[index + 1] = "|" + answer[index + 1][1:]
        # The memory of a GPU instance is shown for its first compute instance alone.
        if line.startswith("| 0 3 1 2 |"):
            answer[index - 1] = "+-+ +-+-+"
            answer[index] = re.sub(r"\d+MiB / \d+MiB ", "", line)
            answer[index + 1] = re.sub(r"\d+MiB / \d+MiB ", "", answer[index + 1])
    return answer


def unspecific(lines):
    """The lines without the time of day, the version of nvidia-smi, and the UUIDs of MIG devices."""
    lines = [re.sub(r"MIG-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "MIG-", line) for line in lines]
    lines = [re.sub(r"^\| NVIDIA-SMI [\d.]+", "| NVIDIA-SMI", line) for line in lines]
    return [line for line in lines if not re.fullmatch(r"\w{3} \w{3} \d+ \d\d:\d\d:\d\d \d{4}", line)]


def test_recorded_walk(smi):
    smi("-i 0 -mig 1")
    steps = transcript.steps()
    assert len(steps) == 23
    for arguments, answer in steps:
        assert unspecific(smi.lines(" ".join(arguments))) == unspecific(as_older_drivers_print(answer)), arguments


def test_placements(smi):
    smi("-i 0 -mig 1")
    expected = []
    for profile in a100.GPU_INSTANCE_PROFILES:
        word = "Placement :" if len(profile.starts) == 1 else "Placements:"
        starts = ",".join(map(str, profile.starts))
        expected.append(f"GPU  0 Profile ID {profile.id:2} {word} {{{starts}}}:{profile.size}")
    assert smi("mig -i 0 -lgipp").splitlines() == expected


def test_mode(smi):
    query = "--query-gpu=mig.mode.current,mig.mode.pending --format=csv,noheader"
    assert smi(f"-i 0,1 {query}").splitlines() == ["Disabled, Disabled"] * 2
    assert smi("-i 0 -mig 1").splitlines() == [f"Enabled MIG Mode for GPU {a100.BUS_ID}", "All done."]
    assert smi(f"-i 0,1 {query}").splitlines() == ["Enabled, Enabled", "Disabled, Disabled"]
    assert smi("-i 0 -mig 0").splitlines() == [f"Disabled MIG Mode for GPU {a100.BUS_ID}", "All done."]
    assert smi(f"-i 0 {query}").splitlines() == ["Disabled, Disabled"]
    assert "Invalid MIG Mode: 3" in smi("-i 0 -mig 3", INVALID_ARGUMENT)
    assert smi("-i 8 -mig 1", NOT_FOUND).strip() == "No devices were found"


def test_mode_off(smi):
    # 535 takes an empty list for an error, later ones do not; the words are the same.
    status = NOT_FOUND if smi.driver < 550 else OK
    for command in ("-lgi", "-lci", "-lcip", "-cgi 19"):
        assert smi(f"mig -i 0 {command}", status).strip() == "No MIG-enabled devices found."


def test_mode_stays_pending_while_instances_live(smi, split):
    shown = smi("-i 0 -mig 0").splitlines()
    assert shown[0] == f"Warning: MIG mode is in pending disable state for GPU {a100.BUS_ID}:In use by another client"
    assert shown[-1] == "All done."
    assert any(line.endswith("| Disabled* |") for line in smi.lines("-i 0"))
    assert len(smi("-L").splitlines()) == 8 + len(a100.MIG_DEVICES)
    smi("mig -i 0 -dci")
    smi("mig -i 0 -dgi")
    assert smi("-i 0 -mig 0").splitlines() == [f"Disabled MIG Mode for GPU {a100.BUS_ID}", "All done."]


@pytest.mark.machine("""
[[gpu]]
model = "A100-SXM4-40GB"
passthrough = true
""")
def test_mode_in_a_passed_through_gpu(smi):
    assert smi("-mig 1").splitlines() == [
        f"Warning: MIG mode is in pending enable state for GPU {a100.BUS_ID}:Not Supported",
        f"Reboot the system or try nvidia-smi --gpu-reset to make MIG mode effective on GPU {a100.BUS_ID}",
        "All done.",
    ]
    assert any(line.endswith("| Enabled* |") for line in smi.lines())


def test_nothing_there_yet(smi):
    smi("-i 0 -mig 1")
    for command in ("-lgi", "-lci", "-lcip", "-cci", "-dgi", "-dci"):
        assert smi(f"mig -i 0 {command}", NOT_FOUND).strip() == "No GPU instances found: Not Found"
    assert "| No MIG devices found |" in smi.lines("-i 0")
    smi("mig -i 0 -cgi 9")
    assert smi("mig -i 0 -lci", NOT_FOUND).strip() == "No compute instances found: Not Found"
    assert "| No MIG devices found |" in smi.lines("-i 0")


def test_create_with_compute_instances_on_two_gpus(smi):
    smi("-i 0,1 -mig 1")
    created = []
    for gpu in (0, 1):
        created += [
            f"GPU instance ID  2 on GPU  {gpu} using profile MIG 4g.20gb (ID  5)",
            f"compute instance ID  0 on GPU  {gpu} GPU instance ID  2 using profile MIG 4g.20gb (ID  3)",
            f"GPU instance ID  9 on GPU  {gpu} using profile MIG 1g.5gb+me (ID 20)",
            f"compute instance ID  0 on GPU  {gpu} GPU instance ID  9 using profile MIG 1g.5gb (ID  0)",
        ]
    assert smi("mig -cgi 4g.20gb,1g.5gb+me -C").splitlines() == [f"Successfully created {each}" for each in created]
    rows = [line for line in smi.lines("mig -lgi") if line[2:3].isdigit()]
    assert rows == [f"| {gpu} MIG {rest} |" for gpu in (0, 1) for rest in ("4g.20gb 5 2 0:4", "1g.5gb+me 20 9 6:1")]
    rows = [line for line in smi.lines("mig -lci") if line[2:3].isdigit()]
    assert rows == [f"| {gpu} {rest} |" for gpu in (0, 1) for rest in ("2 MIG 4g.20gb 3 0 0:4", "9 MIG 1g.5gb 0 0 0:1")]


def test_create_refused(smi):
    smi("-i 0 -mig 1")
    # What was created before the refusal stays.
    assert smi("mig -i 0 -cgi 9,3g.20gb,19", INSUFFICIENT_RESOURCES).splitlines() == [
        "Successfully created GPU instance ID  1 on GPU  0 using profile MIG 3g.20gb (ID  9)",
        "Successfully created GPU instance ID  2 on GPU  0 using profile MIG 3g.20gb (ID  9)",
        "Unable to create a GPU instance on GPU  0 using profile 19: Insufficient Resources",
        "Failed to create GPU instances: Insufficient Resources",
    ]
    assert len([line for line in smi.lines("mig -i 0 -lgi") if "3g.20gb" in line]) == 2
    for profile in ("1", "9g.90gb"):
        assert smi(f"mig -i 0 -cgi {profile}", INVALID_ARGUMENT).splitlines() == [
            f"Unable to create a GPU instance on GPU  0 using profile {profile}: Invalid Argument",
            "Failed to create GPU instances: Invalid Argument",
        ]
    assert smi("mig -i 0 -gi 1 -cci 1,1", INSUFFICIENT_RESOURCES).splitlines() == [
        "Successfully created compute instance ID  0 on GPU  0 GPU instance ID  1 using profile MIG 2c.3g.20gb (ID  1)",
        "Unable to create a compute instance on GPU  0 GPU instance ID  1 using profile 1: Insufficient Resources",
        "Failed to create compute instances: Insufficient Resources",
    ]
    assert "Invalid Argument" in smi("mig -i 0 -gi 2 -cci 7", INVALID_ARGUMENT)
    assert smi("mig -i 0 -gi 5 -cci", NOT_FOUND).strip() == "No GPU instances found: Not Found"


def test_create_at_a_place(smi):
    smi("-i 0 -mig 1")
    assert "GPU instance ID 11 on" in smi("mig -i 0 -cgi 19:0")
    assert (
        smi("mig -i 0 -cgi 19:0", INSUFFICIENT_RESOURCES).splitlines()[-1]
        == "Failed to create GPU instances: Insufficient Resources"
    )
    assert (
        smi("mig -i 0 -cgi 9:3", INVALID_ARGUMENT).splitlines()[-1]
        == "Failed to create GPU instances: Invalid Argument"
    )
    assert [line for line in smi.lines("mig -i 0 -lgi") if ":1 |" in line] == ["| 0 MIG 1g.5gb 19 11 0:1 |"]


def test_destroy(smi, split):
    assert smi("mig -i 0 -dgi -gi 2", IN_USE).splitlines() == [
        "Unable to destroy GPU instance ID  2 from GPU  0: In use by another client",
        "Failed to destroy GPU instances: In use by another client",
    ]
    destroyed = "Successfully destroyed compute instance ID  0 from GPU  0 GPU instance ID  2"
    assert smi("mig -i 0 -dci -gi 2 -ci 0").splitlines() == [destroyed]
    assert smi("mig -i 0 -dci -gi 2 -ci 0", NOT_FOUND).strip() == "No compute instances found: Not Found"
    assert smi("mig -i 0 -dgi -gi 2").splitlines() == ["Successfully destroyed GPU instance ID  2 from GPU  0"]
    assert smi("mig -i 0 -dgi -gi 2", NOT_FOUND).strip() == "No GPU instances found: Not Found"
    assert len(smi("mig -i 0 -dci").splitlines()) == 3
    assert smi("mig -i 0 -dgi").splitlines() == [
        f"Successfully destroyed GPU instance ID  {gi} from GPU  0" for gi in (9, 3)
    ]
    # The process that made the instances sees that they are gone.
    with pytest.raises(pynvml.NVMLError_NotFound):
        pynvml.nvmlDeviceGetGpuInstanceById(split, 2)


def test_list_names_devices_as_nvml_does(smi, split):
    listed = smi("-L").splitlines()
    devices = [pynvml.nvmlDeviceGetMigDeviceHandleByIndex(split, index) for index in range(4)]
    assert listed[0] == f"GPU 0: {a100.NAME} (UUID: {a100.UUIDS[0]})"
    assert listed[1:5] == [
        f"  {'MIG ' + known.profile:15} Device  {index}: (UUID: {pynvml.nvmlDeviceGetUUID(device)})"
        for index, (device, known) in enumerate(zip(devices, a100.MIG_DEVICES, strict=True))
    ]
    assert listed[5:] == [f"GPU {index}: {a100.NAME} (UUID: {a100.UUIDS[index]})" for index in range(1, 8)]


def test_query(smi, split):
    fields = "index,name,uuid,pci.bus_id,driver_version,memory.total,memory.used,utilization.gpu"
    shown = smi(f"-i 0,1 --query-gpu={fields},mig.mode.current,power.limit --format=csv,noheader,nounits").splitlines()
    assert shown == [
        f"0, {a100.NAME}, {a100.UUIDS[0]}, {a100.BUS_ID}, {a100.DRIVER}, 40960, 249, [N/A], Enabled, 400.00",
        f"1, {a100.NAME}, {a100.UUIDS[1]}, 00000000:10:1D.0, {a100.DRIVER}, 40960, 0, 0, Disabled, 400.00",
    ]


def test_full_report(smi, split):
    report = smi("-q -i 0")
    # A process list or a number that the driver did not fill shows as thousands of lines, or as a figure no GPU has.
    assert len(report.splitlines()) < 400
    assert re.search(r"^    Processes +: None$", report, re.MULTILINE)
    assert all(0 < float(watt) <= 500 for watt in re.findall(r": (-?[\d.]+) W$", report, re.MULTILINE))
    assert all(0 <= int(mib) <= 65536 for mib in re.findall(r": (-?\d+) MiB$", report, re.MULTILINE))
    assert "Unknown Error" not in report and "Uninitialized" not in report
    reported = dict(re.findall(r"^    (\w[\w ]*?) +: (.*)$", report, re.MULTILINE))
    assert reported["Product Name"] == a100.NAME
    assert reported["Product Architecture"] == "Ampere"
    assert reported["GPU UUID"] == a100.UUIDS[0]
    assert report.count("    MIG Device\n") == 4


def test_full_report_as_xml(smi, split):
    report = ElementTree.fromstring(smi("-q -x"))
    assert report.findtext("driver_version") == a100.DRIVER
    assert [gpu.findtext("uuid") for gpu in report.findall("gpu")] == a100.UUIDS
    gpu = report.find("gpu")
    assert gpu.findtext("mig_mode/current_mig") == "Enabled"
    assert gpu.findtext("fb_memory_usage/total") == "40960 MiB"
    assert gpu.findall("processes/process_info") == []
    attributes = "device_attributes/shared"
    fields = [
        *("index", "gpu_instance_id", "compute_instance_id", "fb_memory_usage/total", "fb_memory_usage/used"),
        *("bar1_memory_usage/total", f"{attributes}/multiprocessor_count", f"{attributes}/copy_engine_count"),
        *(f"{attributes}/decoder_count", "ecc_error_count/volatile_count/sram_uncorrectable"),
    ]
    shown = [[device.findtext(field) for field in fields] for device in gpu.findall("mig_devices/mig_device")]
    assert shown == [
        [
            *(str(index), str(known.gi), str(known.ci), f"{known.memory_mib} MiB", f"{known.used_mib} MiB"),
            *(f"{known.bar1_mib} MiB", str(known.sm), str(known.ce), str(known.dec), "0"),
        ]
        for index, known in enumerate(a100.MIG_DEVICES)
    ]


@pytest.mark.machine("1xT4")
def test_gpu_without_mig(smi):
    assert smi("-mig 1").splitlines() == [
        f"Unable to enable MIG Mode for GPU {a100.BUS_ID}: Not Supported",
        "Treating as warning and moving on.",
        "All done.",
    ]
    assert smi("-L").startswith("GPU 0: Tesla T4 (UUID: GPU-")
    assert "| | | N/A |" in smi.lines()


@pytest.mark.machine("1xH200")
def test_profiles_of_an_h200(smi):
    smi("-mig 1")
    # Recorded on an H200.
    assert [line for line in smi.lines("mig -lgip") if " MIG " in line] == [
        "| 0 MIG 1g.18gb 19 7/7 16.00 No 16 1 0 |",
        "| 0 MIG 1g.18gb+me 20 1/1 16.00 No 16 1 0 |",
        "| 0 MIG 1g.35gb 15 4/4 32.50 No 26 1 0 |",
        "| 0 MIG 2g.35gb 14 3/3 32.50 No 32 2 0 |",
        "| 0 MIG 3g.71gb 9 2/2 69.75 No 60 3 0 |",
        "| 0 MIG 4g.71gb 5 1/1 69.75 No 64 4 0 |",
        "| 0 MIG 7g.141gb 0 1/1 140.00 No 132 7 0 |",
    ]


@pytest.mark.machine("""
access = "monitor"
[[gpu]]
model = "A100-SXM4-40GB"
mig = true
""")
def test_user_is_refused(smi):
    assert smi("mig -cgi 19", NO_PERMISSION).splitlines() == [
        "Unable to create a GPU instance on GPU  0 using profile 19: Insufficient Permissions",
        "Failed to create GPU instances: Insufficient Permissions",
    ]
    assert (
        smi("-mig 0", NO_PERMISSION).splitlines()[0]
        == f"Unable to disable MIG Mode for GPU {a100.BUS_ID}: Insufficient Permissions"
    )
    assert smi("mig -lgi", NOT_FOUND).strip() == "No GPU instances found: Not Found"
