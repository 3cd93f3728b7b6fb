"""Drawings: compared with tests/data/*.svg, which GPUSHARE_BLESS=1 writes anew."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import gpushare
import pytest

DATA = Path(__file__).parent / "data"
SVG = "{http://www.w3.org/2000/svg}"
GIB = 1 << 30


def busy(machine: gpushare.Machine) -> None:
    machine.add_process(0, 4711, name="python3", used_memory=3 * GIB, instance=(2, 0))
    machine.add_process(0, 4712, name="a-name-that-is-too-long-for-its-place", used_memory=GIB, instance=(3, 1))


def whole(machine: gpushare.Machine) -> None:
    machine.add_process(0, 4711, name="python3", used_memory=10 * GIB)


def idle(machine: gpushare.Machine) -> None:
    pass


DRAWN: dict[str, tuple[str, str | None, Callable[[gpushare.Machine], None]]] = {
    "a100-mixed": ("A100-SXM4-40GB", "4g.20gb, 2g.10gb[2x1c], 1g.5gb@6", busy),
    "a100-seven": ("A100-SXM4-40GB", "7x1g.5gb", idle),
    "a100-off": ("A100-SXM4-40GB", "off", whole),
    "h200-holes": ("H200", "3g.71gb@4[1c,2c], 1g.18gb@1[]", idle),
    "a30-three": ("A30", "2g.12gb, 1g.6gb, 1g.6gb", idle),
    "t4": ("T4", None, idle),
}


def texts(drawing: str) -> list[str]:
    return [element.text or "" for element in ElementTree.fromstring(drawing).iter(f"{SVG}text")]


@pytest.mark.parametrize("name", DRAWN)
def test_drawings(name: str, folder: Path) -> None:
    model, layout, happen = DRAWN[name]
    with gpushare.simulate(f"1x{model}") as machine, machine.nvml(procfs=folder) as nvml:
        gpu = nvml.gpu(0)
        if layout is not None:
            gpu.apply_layout(layout, directory=folder)
        happen(machine)
        drawing = gpu.svg()
    assert ElementTree.fromstring(drawing).tag == f"{SVG}svg"
    path = DATA / f"{name}.svg"
    if os.environ.get("GPUSHARE_BLESS"):
        DATA.mkdir(exist_ok=True)
        path.write_text(drawing, encoding="utf-8")
    assert drawing == path.read_text(encoding="utf-8")


def test_every_instance_is_where_its_placement_says(mig: gpushare.Gpu, folder: Path) -> None:
    mig.apply_layout("3g.20gb@4, 1g.5gb@1", directory=folder)
    boxes = {
        kind: sorted(
            (float(box.get("x", "")), float(box.get("width", "")))
            for box in ElementTree.fromstring(mig.svg()).iter(f"{SVG}rect")
            if box.get("class") == kind
        )
        for kind in ("gs-gi", "gs-ci", "gs-free")
    }
    # 848 pixels from 16 on are eight slices of 106.
    assert boxes["gs-gi"] == [(124, 102), (442, 420)]
    assert boxes["gs-free"] == [(18, 102), (230, 102), (336, 102)]
    assert [124 < x and x + width < 226 or 442 < x and x + width < 862 for x, width in boxes["gs-ci"]] == [True, True]


def test_a_node_is_all_of_its_gpus(nvml: gpushare.Nvml) -> None:
    gpus = nvml.gpus()
    assert [gpu.uuid for gpu in gpus] == [text for text in texts(nvml.svg()) if text.startswith("GPU-")]
    assert nvml.svg() == nvml.svg() == gpushare.drawing.svg(gpus)
    assert gpushare.drawing.svg([]).startswith("<svg ")


def test_notebooks(nvml: gpushare.Nvml) -> None:
    for thing in (nvml, nvml.gpu(0)):
        assert thing._repr_svg_() == thing.svg()


NAME = "<b>&\"'\x1b[31m\x00\n]]>"


def test_names_are_text_and_nothing_else(machine: gpushare.Machine, gpu: gpushare.Gpu, folder: Path) -> None:
    machine.add_process(0, 7, name=NAME.replace("\x00", "\x01"))
    assert "7 <b>&\"'\ufffd[31m\ufffd\ufffd]]>" in texts(gpu.svg())
    machine.remove_process(0, 7)
    gpu.apply_layout("7g.40gb", directory=folder)
    machine.add_process(0, 8, name="</title><script>\x07", instance=(0, 0))
    root = ElementTree.fromstring(gpu.svg())
    assert list(root.iter(f"{SVG}script")) == []
    assert "8 </title><script>\ufffd" in texts(gpu.svg())
    [title] = [element.text or "" for element in root.iter(f"{SVG}title") if "compute" in (element.text or "")]
    assert title.splitlines()[-1] == "8 </title><script>\ufffd"


def test_of_many_processes_some_are_named_and_the_others_counted(machine: gpushare.Machine, gpu: gpushare.Gpu) -> None:
    for pid in range(1, 11):
        machine.add_process(0, pid, name="worker")
    assert texts(gpu.svg())[-4:] == ["1 worker", "2 worker", "3 worker", "+7 more"]


def test_what_may_not_be_seen_is_not_drawn(machine: gpushare.Machine, mig: gpushare.Gpu, folder: Path) -> None:
    mig.apply_layout("7x1g.5gb", directory=folder)
    machine.set_access(gpushare.sim.Access.UNPRIVILEGED)
    assert "This user may not see the instances." in texts(mig.svg())
    assert not any("MiB" in text for text in texts(mig.svg()))


def test_errors_are_raised(machine: gpushare.Machine, gpu: gpushare.Gpu) -> None:
    machine.lose_gpu(0)
    with pytest.raises(gpushare.GpuLostError):
        gpu.svg()


def test_both_schemes_can_be_read() -> None:
    """The contrast of texts and edges with what they stand on, by WCAG's formula."""
    with gpushare.simulate("1xT4") as machine, machine.nvml() as nvml:
        style = nvml.svg().split("<style>")[1].split("</style>")[0]
    light, dark = style.split("@media (prefers-color-scheme: dark)")

    def colours(text: str) -> dict[str, str]:
        rules = re.findall(r"\.gs-(\w+) \{(.*?)\}", text)
        said = [(kind, *one) for kind, body in rules for one in re.findall(r"(fill|stroke): (#\w+)", body)]
        return {f"{kind} {what}": value for kind, what, value in said}

    def brightness(colour: str) -> float:
        parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    def contrast(one: str, other: str) -> float:
        low, high = sorted((brightness(one), brightness(other)))
        return (high + 0.05) / (low + 0.05)

    for scheme in (colours(light), colours(dark)):
        for ground in ("page", "gi", "ci", "used"):
            assert contrast(scheme["text fill"], scheme[f"{ground} fill"]) >= 7
        for ground in ("page", "gi"):
            assert contrast(scheme["muted fill"], scheme[f"{ground} fill"]) >= 4.5
        for edge, ground in (("gi", "page"), ("ci", "gi"), ("used", "gi"), ("free", "page"), ("track", "page")):
            assert contrast(scheme[f"{edge} stroke"], scheme[f"{ground} fill"]) >= 3
        assert contrast(scheme["bar fill"], scheme["track fill"]) >= 3
