"""Run histories under coverage.py, in processes of their own.

Start measuring before the production code is imported: otherwise its first lines count as never run.
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
# Protocol bodies and imports for the type checker never run. No comment can exclude a line.
_NO_LINES = (r"^\s*(((async )?def .*?)?\)(\s*->.*?)?:\s*)?\.\.\.\s*(#|$)", r"if TYPE_CHECKING:")
_measuring: list[Coverage] = []  # Of this process.


@dataclass(frozen=True, slots=True)
class Part:
    """The jobs `number`, `number + of`, `number + 2 * of` … of one kind."""

    kind: str
    number: int
    of: int


def coverage() -> Coverage:
    """A coverage object without a data file and without this machine's settings."""
    made = Coverage(data_file=None, config_file=False, branch=True, concurrency=["greenlet"], source=[str(SOURCE)])
    made.set_option("report:exclude_lines", list(_NO_LINES))
    return made


def measured(parts: Sequence[Part], progress: Callable[[int], None] = lambda done: None) -> CoverageData:
    """The merged data of all parts."""
    total = CoverageData(no_disk=True)
    progress(0)
    for done, dumped in enumerate(results(_run, parts, _PROCESSES, _begin), 1):
        total.update(_loaded(dumped))
        progress(done)
    return total


def _begin() -> None:
    _measuring.append(coverage())
    _measuring[0].start()
    for path in SOURCE.rglob("*.py"):  # Import all, otherwise the declarations of unused modules count as missed.
        import_module(".".join(path.relative_to(SOURCE.parent).with_suffix("").parts).removesuffix(".__init__"))


def _run(part: Part) -> bytes:
    """The coverage of this process so far, earlier parts included."""
    import_module("dev.histories.workload").run_part(part.kind, part.number, part.of)
    return bytes(_measuring[0].get_data().dumps())


def _loaded(dumped: bytes) -> CoverageData:
    data = CoverageData(no_disk=True)
    data.loads(dumped)
    return data


def json_of(data: CoverageData) -> dict[str, Any]:
    """coverage.py's JSON report: by file and function, the lines and branches, entered and missed."""
    made = coverage()
    made.get_data().update(data)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "coverage.json"
        made.json_report(outfile=str(path))
        document: dict[str, Any] = json.loads(path.read_text())
    return document


def parts_of(counts: dict[str, int]) -> Iterator[Part]:
    """The parts of each kind; `counts` gives their number."""
    for kind, of in counts.items():
        yield from (Part(kind, number, of) for number in range(of))
