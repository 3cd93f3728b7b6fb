#!/usr/bin/env python3
"""Writes the stubs of the extension module, python/gpushare/_gpushare.pyi, from the module itself; with --check, compares only.

Needs maturin on the path.
"""

import difflib
import re
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
STUBS = HERE / "python/gpushare/_gpushare.pyi"
# What the annotations in the Rust sources name.
IMPORTS = "import os\nimport typing\n\nimport gpushare.enums\n"


def generated() -> str:
    with tempfile.TemporaryDirectory() as folder:
        command = ["maturin", "generate-stubs", "--quiet", "--features", "stubs", "--out", folder]
        subprocess.run(command, cwd=HERE, check=True)
        text = (Path(folder) / "gpushare/_gpushare.pyi").read_text()
    # PyO3 asks for less than a list, and says so in a protocol that nobody knows.
    text = re.sub(r"SupportsGetItem\[int, ", "typing.Sequence[", text)
    text = re.sub(r"from _typeshed import SupportsGetItem\n", "", text)
    # A stub needs no quotes around what it defines later.
    text = re.sub(r'(: |-> )"([^"\n]+)"', r"\1\2", text)
    text = text.replace("\nfrom gpushare.enums", f"\n{IMPORTS}from gpushare.enums", 1)
    assert IMPORTS in text, "the stubs import the enums"
    return text.replace("\n__all__ =", '\n_T = typing.TypeVar("_T")\n\n__all__ =', 1)


def main() -> int:
    text = generated()
    if sys.argv[1:] != ["--check"]:
        STUBS.write_text(text)
        return 0
    lines = list(difflib.unified_diff(STUBS.read_text().splitlines(), text.splitlines(), "committed", "generated", lineterm=""))
    print("\n".join(lines) if lines else "stubs: as generated")
    return bool(lines)


sys.exit(main())
