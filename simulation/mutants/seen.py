"""The seed that showed each bug last. A run tries it first, and goes on to others where it shows nothing any more."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

_FILE = Path(__file__).with_name("seen.json")


def seed_by_name() -> dict[str, int]:
    seeds: dict[str, int] = json.loads(_FILE.read_text())
    return seeds


def keep(found: Mapping[str, int]) -> None:
    """Write down by which seeds these bugs were seen; the others keep theirs."""
    seeds = dict(sorted({**seed_by_name(), **found}.items()))
    _FILE.write_text(json.dumps(seeds, indent=1) + "\n")
