"""Drawings of GPUs as SVG: memory slices, the instances on them, and the processes that run there.

``Gpu.svg`` and ``Nvml.svg`` are the usual way here, and notebooks show both by themselves. The text is all there is to an SVG file::

    pathlib.Path("node.svg").write_text(nvml.svg())

A drawing follows the viewer's light or dark colour scheme and needs nothing from outside.
"""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from ._gpushare import ComputeInstanceState, Gpu, GpuInstanceState
from ._look import Look, mode_in_words, named, printable

__all__ = ["svg"]

# All in pixels.
_WIDTH, _MARGIN, _GAP, _PAD = 880, 16, 4, 5
_LINE, _TITLE, _SMALL = 15, 15, 10
_INNER = _WIDTH - 2 * _MARGIN
# A character of a monospaced font is this much of its height wide.
_CHARACTER = 0.61
# So many processes are named in one place; the others are counted.
_MOST_PROCESSES = 4

_STYLE = """
.gs-page { fill: #ffffff }
.gs-text { fill: #1f2328; font-family: ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace }
.gs-muted { fill: #57606a }
.gs-strong { font-weight: bold }
.gs-free { fill: none; stroke: #6e7781; stroke-dasharray: 3 3 }
.gs-gi { fill: #ddf0ff; stroke: #0969da }
.gs-ci { fill: #ffffff; stroke: #0969da }
.gs-used { fill: #dafbe1; stroke: #1a7f37 }
.gs-track { fill: #eaeef2; stroke: #6e7781 }
.gs-bar { fill: #0969da }
@media (prefers-color-scheme: dark) {
.gs-page { fill: #0d1117 }
.gs-text { fill: #e6edf3 }
.gs-muted { fill: #a5adb6 }
.gs-free { stroke: #8b949e }
.gs-gi { fill: #0c2d4f; stroke: #58a6ff }
.gs-ci { fill: #0d1117; stroke: #58a6ff }
.gs-used { fill: #0f3a1d; stroke: #56d364 }
.gs-track { fill: #21262d; stroke: #8b949e }
.gs-bar { fill: #58a6ff }
}
"""


def svg(gpus: Iterable[Gpu]) -> str:
    """The text of an SVG file that shows GPUs as they are now, one below the other.

    Raises:
        GpuShareError: What the driver answers.

    >>> print(gpushare.drawing.svg([gpu]).splitlines()[0])
    <svg xmlns="http://www.w3.org/2000/svg" width="880" height="90" viewBox="0 0 880 90" role="img" aria-label="GPU 0">
    """
    looks = [Look.at(gpu) for gpu in gpus]
    parts: list[str] = []
    y = _MARGIN
    for look in looks:
        block, height = _gpu(look, y)
        parts += block
        y += height + _MARGIN
    label = ", ".join(f"GPU {look.gpu.index}" for look in looks)
    size = f'width="{_WIDTH}" height="{y}" viewBox="0 0 {_WIDTH} {y}"'
    head = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" aria-label="{label}">',
        f"<style>{_STYLE}</style>",
        f'<rect class="gs-page" width="{_WIDTH}" height="{y}"/>',
    ]
    return "\n".join([*head, *parts, "</svg>\n"])


def _gpu(look: Look, y: int) -> tuple[list[str], int]:
    """A GPU below a height, and how high it is itself."""
    gpu, memory, right = look.gpu, look.memory, _MARGIN + _INNER
    parts = [
        _text(_MARGIN, y + 14, f"GPU {gpu.index}  {gpu.name}", _TITLE, "gs-strong", room=_INNER * 0.6),
        _text(right, y + 14, f"MIG {mode_in_words(look.mode)}", 12, anchor="end"),
        _text(_MARGIN, y + 31, gpu.uuid, 11, "gs-muted"),
    ]
    if memory is not None:
        used = f"{memory.used >> 20} of {memory.total >> 20} MiB in use"
        parts.append(_text(right, y + 31, used, 11, "gs-muted", anchor="end"))
    if look.instances is None:
        return [*parts, _text(_MARGIN, y + 52, "This user may not see the instances.", 11, "gs-muted")], 60
    if look.slices:
        inside, height = _slices(look.instances, look.slices, y + 40)
        parts += inside
        height += 40
    else:
        share = memory.used / memory.total if memory is not None and memory.total else 0
        parts.append(f'<rect class="gs-track" x="{_MARGIN}" y="{y + 42}" width="{_INNER}" height="14" rx="3"/>')
        if share:
            width = _number(_INNER * min(share, 1))
            parts.append(f'<rect class="gs-bar" x="{_MARGIN}" y="{y + 42}" width="{width}" height="14" rx="3"/>')
        height = 58
    lines = _shortened(named(look.processes or []), _MOST_PROCESSES)
    for number, line in enumerate(lines, 1):
        parts.append(_text(_MARGIN, y + height + number * _LINE, line, 11, room=_INNER))
    return parts, height + len(lines) * _LINE + (4 if lines else 0)


def _slices(instances: list[GpuInstanceState], slices: int, y: int) -> tuple[list[str], int]:
    """The memory slices of a GPU as a row, with what lies on them."""
    width = _INNER / slices
    inside = [len(_lines(part)) for instance in instances for part in instance.compute_instances]
    height = 2 * _LINE + 3 * _PAD + max(inside, default=2) * _LINE + 2 * _PAD
    parts = [_text(_MARGIN + (at + 0.5) * width, y + 9, str(at), _SMALL, "gs-muted", anchor="middle") for at in range(slices)]
    y += 14
    taken = {at for instance in instances for at in instance.placement.slices()}
    for at in range(slices):
        if at not in taken:
            x = _MARGIN + at * width + _GAP / 2
            parts.append(_box("gs-free", x, y, width - _GAP, height))
            parts.append(_text(x + width / 2 - _GAP / 2, y + height / 2 + 4, "free", 11, "gs-muted", anchor="middle"))
    for instance in instances:
        x = _MARGIN + instance.placement.start * width + _GAP / 2
        parts += _gpu_instance(instance, x, y, instance.placement.size * width - _GAP, height)
    return parts, height + 14


def _gpu_instance(instance: GpuInstanceState, x: float, y: float, width: float, height: float) -> list[str]:
    profile, inner = instance.profile, width - 2 * _PAD
    parts = [
        "<g>",
        f"<title>GPU instance {instance.id}, {_xml(profile.name)} at {instance.placement}</title>",
        _box("gs-gi", x, y, width, height),
        _text(x + _PAD, y + _LINE, profile.name, 12, "gs-strong", room=inner),
        _text(x + _PAD, y + 2 * _LINE, f"GI {instance.id}", _SMALL),
        _text(x + width - _PAD, y + 2 * _LINE, f"{profile.memory_mib} MiB", _SMALL, "gs-muted", anchor="end"),
    ]
    y, height = y + 2 * _LINE + 2 * _PAD, height - 2 * _LINE - 3 * _PAD
    unit = (width - 2 * _PAD + _GAP) / profile.slice_count
    for part in instance.compute_instances:
        at, size = part.placement.start, part.placement.size
        parts += _compute_instance(instance.id, part, x + _PAD + at * unit, y, size * unit - _GAP, height)
    if instance.is_orphan:
        parts.append(_text(x + _PAD, y + _LINE, "no CI", _SMALL, "gs-muted"))
    return [*parts, "</g>"]


def _compute_instance(gi: int, part: ComputeInstanceState, x: float, y: float, width: float, height: float) -> list[str]:
    said = [f"GPU instance {gi}, compute instance {part.id}, {part.profile.name}", part.uuid, *named(part.processes)]
    title = "\n".join(map(_xml, said))
    parts = [
        "<g>",
        f"<title>{title}</title>",
        _box("gs-used" if part.in_use else "gs-ci", x, y, width, height),
    ]
    for number, line in enumerate(_lines(part), 1):
        parts.append(_text(x + _PAD, y + number * _LINE, line, _SMALL, room=width - 2 * _PAD))
    return [*parts, "</g>"]


def _lines(part: ComputeInstanceState) -> list[str]:
    """What stands in a compute instance's box."""
    return [f"CI {part.id} · {part.placement.size}c", part.uuid[:12] + "…", *_shortened(named(part.processes), _MOST_PROCESSES)]


def _shortened(lines: list[str], most: int) -> list[str]:
    return lines if len(lines) <= most else [*lines[: most - 1], f"+{len(lines) - most + 1} more"]


def _box(kind: str, x: float, y: float, width: float, height: float) -> str:
    at = f'x="{_number(x)}" y="{_number(y)}" width="{_number(width)}" height="{_number(height)}"'
    return f'<rect class="{kind}" {at} rx="4"/>'


def _text(x: float, y: float, text: str, size: int, kind: str = "", *, anchor: str = "", room: float | None = None) -> str:
    """A line of text, cut where it would leave its room."""
    most = len(text) if room is None else int(room / (size * _CHARACTER))
    text = text if len(text) <= most else text[: max(most - 1, 0)] + "…"
    anchored = f' text-anchor="{anchor}"' if anchor else ""
    kind = f"gs-text {kind}".rstrip()
    return f'<text class="{kind}" x="{_number(x)}" y="{_number(y)}" font-size="{size}"{anchored} xml:space="preserve">{_xml(text)}</text>'


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def _xml(text: str) -> str:
    return escape(printable(text), quote=False)
