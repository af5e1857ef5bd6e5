"""The request bodies of docs/api.md, by operation."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
DOCUMENT: dict[str, Any] = json.loads((ROOT / "openapi.json").read_text())
_SENT = re.compile(r'[^"]*"\$API(/v1/[^"?]+)"[^\']*?-d \'(\{.*?\})\'', re.DOTALL)
MINIMAL = {"merchant_order_id": "ORDER-1", "amount": 49900, "currency": "INR", "return_url": "https://shop.example/"}


def documented() -> list[tuple[str, dict[str, Any]]]:
    """Each operation with each body that the page sends to it, and the smallest order."""
    found = [("create_payment", MINIMAL)]
    commands = (ROOT / "docs/api.md").read_text().split("curl ")[1:]
    for path, body in (sent.groups() for sent in map(_SENT.match, commands) if sent):
        template = re.sub(r"\$([A-Z_]+)", lambda name: f"{{{name[1].lower()}}}", path)
        found.append((DOCUMENT["paths"][template]["post"]["operationId"], json.loads(body)))
    return found


def model_of(operation: str) -> str:
    """The name of the schema of an operation's request body."""
    found = (each for path in DOCUMENT["paths"].values() for each in path.values() if each["operationId"] == operation)
    reference: str = next(found)["requestBody"]["content"]["application/json"]["schema"]["$ref"]
    return reference.rpartition("/")[2]
