"""For each bug the seed that last showed it; it is tried first."""

from __future__ import annotations

import json
from pathlib import Path

_FILE = Path(__file__).with_name("seen.json")


def seed_by_name() -> dict[str, int]:
    seeds: dict[str, int] = json.loads(_FILE.read_text())
    return seeds


def keep(name: str, seed: int) -> None:
    """Store the seed that showed this bug; the others keep theirs."""
    seeds = dict(sorted({**seed_by_name(), name: seed}.items()))
    _FILE.write_text(json.dumps(seeds, indent=1) + "\n")
