"""Histories under coverage.py, in processes of their own: what the production code did in them, line by line.

Nothing of the production code may be imported before the measuring begins, or its first lines count as never run.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from coverage import Coverage, CoverageData

from dev.histories.workers import results

SOURCE = Path(__file__).parents[2] / "layers" / "common" / "payments"
_PROCESSES = 2
# A protocol's bodies and what is imported for the type checker alone are no lines that run. No comment excludes a line.
_NO_LINES = (r"^\s*(((async )?def .*?)?\)(\s*->.*?)?:\s*)?\.\.\.\s*(#|$)", r"if TYPE_CHECKING:")
_measuring: list[Coverage] = []  # Of this process.


@dataclass(frozen=True, slots=True)
class Part:
    """Jobs `number`, `number + of`, `number + 2 * of` … of one kind."""

    kind: str
    number: int
    of: int


def coverage() -> Coverage:
    """Without a file and without settings of the machine."""
    made = Coverage(data_file=None, config_file=False, branch=True, concurrency=["greenlet"], source=[str(SOURCE)])
    made.set_option("report:exclude_lines", list(_NO_LINES))
    return made


def measured(parts: Sequence[Part], progress: Callable[[int], None] = lambda done: None) -> CoverageData:
    """What all of them did together."""
    total = CoverageData(no_disk=True)
    progress(0)
    for done, dumped in enumerate(results(_run, parts, _PROCESSES, _begin), 1):
        total.update(_loaded(dumped))
        progress(done)
    return total


def _begin() -> None:
    _measuring.append(coverage())
    _measuring[0].start()
    for path in SOURCE.rglob("*.py"):  # Import all, or the declarations of the others count as missed.
        import_module(".".join(path.relative_to(SOURCE.parent).with_suffix("").parts).removesuffix(".__init__"))


def _run(part: Part) -> bytes:
    """Coverage of this process so far, earlier parts included."""
    import_module("dev.histories.workload").run_part(part.kind, part.number, part.of)
    return bytes(_measuring[0].get_data().dumps())


def _loaded(dumped: bytes) -> CoverageData:
    data = CoverageData(no_disk=True)
    data.loads(dumped)
    return data


def json_of(data: CoverageData) -> dict[str, Any]:
    """Coverage's own report: by file and function, the lines and branches, and those that nothing entered."""
    made = coverage()
    made.get_data().update(data)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "coverage.json"
        made.json_report(outfile=str(path))
        document: dict[str, Any] = json.loads(path.read_text())
    return document


def parts_of(counts: dict[str, int]) -> Iterator[Part]:
    """The parts of each kind; `counts` says into how many."""
    for kind, of in counts.items():
        yield from (Part(kind, number, of) for number in range(of))
