"""The examples in the docstrings and in the README are run; every public thing has a docstring."""

from __future__ import annotations

import doctest
import inspect
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import gpushare
import pytest
from gpushare import _gpushare

README = Path(__file__).parents[1] / "README.md"
MODULES: list[ModuleType] = [gpushare, gpushare.drawing, gpushare.sim, gpushare.enums, gpushare.exceptions]


@pytest.fixture
def folder() -> Iterator[Path]:
    """As short as MPS needs it."""
    with tempfile.TemporaryDirectory(prefix="doc-") as name:
        yield Path(name, "journals")


def documented() -> Iterator[tuple[str, object]]:
    for module in MODULES:
        yield module.__name__, module
        for name in module.__all__:
            thing = getattr(module, name)
            if inspect.isclass(thing):
                yield f"{module.__name__}.{name}", thing
                for member, value in vars(thing).items():
                    if not member.startswith("_") and (callable(value) or inspect.isdatadescriptor(value) or isinstance(value, property)):
                        yield f"{module.__name__}.{name}.{member}", value
            elif inspect.isroutine(thing):
                yield f"{module.__name__}.{name}", thing


DOCUMENTED = dict(documented())
EXAMPLES = [name for name, thing in DOCUMENTED.items() if ">>>" in (getattr(thing, "__doc__", None) or "")]


def test_everything_says_what_it_is() -> None:
    variants = re.compile(r"\.(Advisory|Change|DaemonPresence|Target|Holder|Infeasible|InfeasibleInside|PlanStep|VisibleDevice|EntryFault|ListEnd|ComputeInstanceSize)\.\w+\.\w+$")
    silent = [name for name, thing in DOCUMENTED.items() if not (getattr(thing, "__doc__", None) or "").strip()]
    assert [name for name in silent if not variants.search(name)] == []
    assert len(EXAMPLES) >= 15


def run(text: str, name: str, names: dict[str, object]) -> None:
    flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    # An identifier that no example can know ends in an ellipsis.
    test = doctest.DocTestParser().get_doctest(text.replace("…", "..."), names, name, None, 0)
    assert test.examples
    said: list[str] = []
    result = doctest.DocTestRunner(optionflags=flags).run(test, out=said.append)
    assert result.failed == 0, "".join(said)


@pytest.mark.parametrize("name", EXAMPLES)
def test_docstrings(name: str, machine: gpushare.Machine, nvml: gpushare.Nvml, gpu: gpushare.Gpu, folder: Path) -> None:
    names = {"gpushare": gpushare, "machine": machine, "nvml": nvml, "gpu": gpu, "folder": folder}
    run(inspect.getdoc(DOCUMENTED[name]) or "", name, names)


def test_the_readme(folder: Path) -> None:
    folder.mkdir()
    blocks = re.findall(r"^```python\n(.*?)^```", README.read_text(), re.M | re.S)
    assert len(blocks) >= 2
    names: dict[str, object] = {"folder": folder, "__name__": "readme"}
    for block in blocks:
        exec(compile(block, str(README), "exec"), names)


def test_what_is_public_is_exported() -> None:
    hidden = {"VERSION", "check_spec", "nvml_return_description", "nvml_return_name", "FaultState", "TracedCall"}
    assert set(_gpushare.__all__) - hidden <= set(gpushare.__all__)
    assert gpushare.__version__ == _gpushare.VERSION
    for module in MODULES:
        assert sorted(module.__all__) == sorted(set(module.__all__))
        assert all(hasattr(module, name) for name in module.__all__)
