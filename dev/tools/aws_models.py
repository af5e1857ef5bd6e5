"""Writes the botocore models that a function reads at its start: only those of operations that functions call.

Botocore's own folder has some 400 services, and reading DynamoDB's whole model takes longer than a call of DynamoDB.
Models of a service only grow, so the newer botocore of a runtime can read these, too.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

OPERATIONS = {
    "dynamodb": ("BatchGetItem", "GetItem", "PutItem", "Query", "TransactWriteItems", "UpdateItem"),
    "secretsmanager": ("GetSecretValue",),
    "ssm": ("GetParameter",),
    "stepfunctions": ("StartExecution",),
}
MODELS = "payments/runtime/data"  # In the layer.
_SHARED_FILES = ("_retry", "partitions", "sdk-default-configuration")


def write_models(folder: Path) -> None:
    """Write into `folder`, which has an `endpoints.json` already. Raises ImportError without botocore."""
    from botocore.loaders import Loader

    loader = Loader()
    for name in _SHARED_FILES:
        _write(folder / f"{name}.json", loader.load_data(name))
    for service, operations in OPERATIONS.items():
        home = folder / service / loader.determine_latest_version(service, "service-2")
        home.mkdir(parents=True, exist_ok=True)
        _write(home / "service-2.json", pruned(loader.load_service_model(service, "service-2"), operations))
        _write(home / "endpoint-rule-set-1.json", loader.load_service_model(service, "endpoint-rule-set-1"))


def pruned(model: Mapping[str, Any], operations: tuple[str, ...]) -> dict[str, Any]:
    """The model of a service with these operations, and the shapes that they reach."""
    stored = {name: _plain(model["operations"][name]) for name in operations}
    shapes: dict[str, Any] = {}
    waiting = list(_shapes_in(stored))
    while waiting:
        name = waiting.pop()
        if name not in shapes:
            shapes[name] = _plain(model["shapes"][name])
            waiting += _shapes_in(shapes[name])
    beside = {name: _plain(part) for name, part in model.items() if name not in ("operations", "shapes")}
    return {**beside, "operations": stored, "shapes": dict(sorted(shapes.items()))}


def _plain(part: Any) -> Any:
    """A copy without the documentation."""
    if isinstance(part, Mapping):
        return {name: _plain(value) for name, value in part.items() if name != "documentation"}
    return [_plain(value) for value in part] if isinstance(part, list) else part


def _shapes_in(part: Any) -> Iterator[str]:
    """The shapes that `part` names."""
    if isinstance(part, Mapping):
        if isinstance(part.get("shape"), str):
            yield part["shape"]
        part = list(part.values())
    for value in part if isinstance(part, list) else ():
        yield from _shapes_in(value)


def _write(path: Path, data: object) -> None:
    path.write_text(json.dumps(data, separators=(",", ":")))
