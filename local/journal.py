"""Keeps DynamoDB over restarts: every successful write is a line, replayed and compacted at the next start."""

import base64
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from moto.dynamodb.models import dynamodb_backends

from local.atomic import Attributes, Change
from local.blueprint import ACCOUNT, REGION

_Images = dict[tuple[str, str], tuple[Attributes, Attributes | None]]


class Journal:
    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = -1

    def replay(self) -> int:
        """Puts back what the last run held; returns the number of items."""
        backend = dynamodb_backends[ACCOUNT][REGION]
        images = {target: image for target, image in self._last_images().items() if image[1] is not None}
        for (table, _), (_, item) in images.items():
            if table in backend.tables and item is not None:
                backend.put_item(table, item)
        self._compact(images)
        return len(images)

    def open(self) -> None:
        self._file = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)

    def append(self, changes: list[Change]) -> None:
        """One write call, so that a kill leaves a transaction whole or absent."""
        os.write(self._file, _line([(change.table, change.key, change.item) for change in changes]))

    def close(self) -> None:
        os.close(self._file)

    def _last_images(self) -> _Images:
        images: _Images = {}
        for changes in self._lines():
            for table, key, item in changes:
                images[table, json.dumps(key, sort_keys=True)] = (key, item)
        return images

    def _lines(self) -> Iterator[list[tuple[str, Attributes, Attributes | None]]]:
        if not self._path.exists():
            return
        with self._path.open("rb") as lines:
            for line in lines:
                if line.endswith(b"\n"):  # A line without its end was being written when the run was killed.
                    yield json.loads(line, object_hook=_from_json)

    def _compact(self, images: _Images) -> None:
        unfinished = self._path.with_suffix(".new")
        with unfinished.open("wb") as compacted:
            for (table, _), (key, item) in images.items():
                compacted.write(_line([(table, key, item)]))
            compacted.flush()
            os.fsync(compacted.fileno())
        unfinished.replace(self._path)


def _line(changes: list[tuple[str, Attributes, Attributes | None]]) -> bytes:
    return json.dumps(changes, separators=(",", ":"), default=_to_json).encode() + b"\n"


def _to_json(value: Any) -> dict[str, str]:
    if isinstance(value, bytes):
        return {"__bytes__": base64.b64encode(value).decode()}
    raise TypeError(f"cannot keep {type(value).__name__}")


def _from_json(value: dict[str, Any]) -> Any:
    return base64.b64decode(value["__bytes__"]) if value.keys() == {"__bytes__"} else value
