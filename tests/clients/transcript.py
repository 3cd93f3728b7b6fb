"""The recorded session, command by command, and how tables of different widths compare."""

import re
from pathlib import Path

RECORDED = Path(__file__).parents[1] / "data" / "a100-walkthrough.txt"

# The author's slips, which the header of the recording names: what is printed, and what the machine had done.
SLIPS = {
    ("nvidia-smi mig -i 0 -cgi 4g.20gb", 0): ("instance ID 1 on", "instance ID 2 on"),
    ("nvidia-smi mig -i 0 -gi 3 -cci 1c.2g.10gb", 1): ("instance ID 0 on", "instance ID 1 on"),
}


def squeeze(text: str) -> list[str]:
    """The lines without what depends on a table's width: a run of spaces or of a border's signs is one."""
    return [line for raw in text.splitlines() if (line := re.sub(r"([-= ])\1+", r"\1", raw).strip())]


def steps() -> list[tuple[list[str], list[str]]]:
    """The arguments of each recorded `nvidia-smi`, and the squeezed lines of its answer."""
    found: list[tuple[list[str], list[str]]] = []
    seen: dict[str, int] = {}
    answer: list[str] | None = None
    for line in RECORDED.read_text(encoding="utf-8").splitlines():
        if line.startswith("$ nvidia-smi "):
            command = line.removeprefix("$ ")
            answer = []
            found.append((command.split()[1:], answer))
            slip = SLIPS.get((command, seen.setdefault(command, 0)))
            seen[command] += 1
        elif line.startswith("#"):
            answer = None
        elif answer is not None:
            for squeezed in squeeze(line):
                if slip is not None:
                    assert slip[0] in squeezed
                    squeezed = squeezed.replace(*slip)
                answer.append(squeezed)
    return found
