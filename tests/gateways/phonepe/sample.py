"""Answers and webhooks of PhonePe, written by its schema."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def sample(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((Path(__file__).parent / "samples" / f"{name}.json").read_text())
    return loaded
