"""Comparisons: contenders measured in turn in each round, and what was found as the records that benches/lib.rs describes.

Every script here takes the same arguments: RECORDS, a file to which it appends, and --quick, with which it makes every comparison, but too
briefly to tell anything.
"""

from __future__ import annotations

import argparse
import gc
import json
import statistics
import timeit
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

# The name under which gpushare stands among the contenders.
OURS = "gpushare"


class Bench:
    """Where the results go, and how much is measured."""

    def __init__(self, description: str | None, *more: str) -> None:
        parser = argparse.ArgumentParser(description=(description or "").splitlines()[0])
        parser.add_argument("--quick", action="store_true", help="too briefly to tell anything")
        for argument in ("records", *more):
            parser.add_argument(argument, type=Path)
        self.arguments = parser.parse_args()

    def times(self, full: int) -> int:
        """How often something is done that is otherwise done so often."""
        return min(full, 2) if self.arguments.quick else full

    def compare(self, stage: str, case: str, unit: str, rounds: int, contenders: Mapping[str, Callable[[], float]]) -> None:
        """Measures contenders in turn. Each round begins with another one, and those of the first tenth do not count."""
        rounds, warm_up = self.times(rounds), self.times(-(-rounds // 10))
        names = list(contenders)
        found: dict[str, list[float]] = {name: [] for name in names}
        for number in range(-warm_up, rounds):
            for at in range(len(names)):
                name = names[(number + at) % len(names)]
                # Nobody pays for what others left.
                gc.collect()
                sample = contenders[name]()
                if number >= 0:
                    found[name].append(sample)
        self.keep(stage, case, unit, found)

    def keep(self, stage: str, case: str, unit: str, found: Mapping[str, Sequence[float]]) -> None:
        """Keeps what was counted or measured otherwise."""
        contenders = [{"name": name, "samples": samples} for name, samples in found.items()]
        with self.arguments.records.open("a") as file:
            file.write(json.dumps({"stage": stage, "case": case, "unit": unit, "contenders": contenders}) + "\n")
        middles = [f"{name} {statistics.median(samples):.4g}" for name, samples in found.items()]
        print(f"{stage}, {case} [{unit}]:", *middles, sep="  ")


def ns_of(statement: str, calls: int, names: dict[str, object]) -> Callable[[], float]:
    """What measures the ns that a statement takes, of so many."""
    # Collecting what a library leaves behind is a part of its cost.
    timer = timeit.Timer(statement, "gc.enable()", globals={**names, "gc": gc})
    return lambda: timer.timeit(calls) / calls * 1e9


def ms_of(work: Callable[[], object]) -> Callable[[], float]:
    """What measures the ms that a function takes."""
    timer = timeit.Timer(work)
    return lambda: timer.timeit(1) * 1e3
