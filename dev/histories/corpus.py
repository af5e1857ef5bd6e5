"""Histories stored in full, with plan and faults: those that once failed, and those that alone enter a rule.

`broke` is the violation; `enters` is the code that no seed up to 1,000 enters.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from dev.histories.chaos import Profile, Script
from dev.histories.history import Case
from dev.histories.plan import Plan

FOLDER = Path(__file__).parents[2] / "tests" / "dev" / "histories" / "corpus"


def write(case: Case, violation: str, folder: Path = FOLDER) -> Path:
    path = folder / f"{case.seed}.json"
    document = {
        "seed": case.seed,
        "broke": violation,
        "mended_by": "",
        "plan": case.plan.as_json(),
        "profile": asdict(case.profile),
        "script": None if case.script is None else [[*point, fault] for point, fault in case.script.items()],
    }
    path.write_text(json.dumps(document, indent=1) + "\n")
    return path


def read(path: Path) -> Case:
    document = json.loads(path.read_text())
    return Case(
        document["seed"], Plan.from_json(document["plan"]), _profile(document["profile"]), _script(document["script"])
    )


def paths(folder: Path = FOLDER) -> Iterator[Path]:
    yield from sorted(folder.glob("*.json"))


def _profile(document: dict[str, Any]) -> Profile:
    enabled = {kind: tuple(faults) for kind, faults in document["enabled"].items()}
    return Profile(**document | {"enabled": enabled})


def _script(faults: list[list[Any]] | None) -> Script | None:
    return None if faults is None else {(task, number): fault for task, number, fault in faults}
