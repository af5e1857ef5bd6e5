"""Keeps DynamoDB over restarts: every successful write is a line, replayed and compacted at the next start."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from dev.dynamodb_model import Change, DynamoDB
from dev.local.dynamodb import decode, encode
from dev.local.options import StackError

_Attributes = dict[str, Any]  # In DynamoDB's JSON: {"pk": {"S": "…"}}.
_Image = tuple[str, _Attributes, _Attributes | None]  # Table, key, and the item after the write; None: deleted.


FORMAT = 5  # Version of the tables' contents; raised when the code can no longer read older ones.


def path_in(folder: Path) -> Path:
    """The journal of this version.

    Raises:
        StackError: the folder holds the journal of another version.
    """
    path = folder / f"journal-{FORMAT}.jsonl"
    if any(other != path for other in folder.glob("journal*.jsonl")):
        raise StackError(f"The state in {folder} is of another version: remove it (make clean, or that folder).")
    return path


class Journal:
    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = -1

    def replay(self, database: DynamoDB) -> int:
        """Restore what the last run held; returns the number of items."""
        images = [image for image in self._last_images() if image[2] is not None]
        known = database.tables()
        for table, _, item in images:
            if table in known:
                database.put_item(TableName=table, Item=item)
        self._compact(images)
        return len(images)

    def open(self) -> None:
        self._file = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)

    def append(self, changes: list[Change]) -> None:
        """One write call, so that after a kill a transaction is complete or absent."""
        os.write(self._file, _line([(change.table, change.key, change.new) for change in changes]))

    def close(self) -> None:
        os.close(self._file)

    def _last_images(self) -> list[_Image]:
        images = {(table, encode(sorted(key.items()))): (table, key, item) for table, key, item in self._images()}
        return list(images.values())

    def _images(self) -> Iterator[_Image]:
        if not self._path.exists():
            return
        with self._path.open("rb") as lines:
            for line in lines:
                if line.endswith(b"\n"):  # A line without its end was being written when the run was killed.
                    yield from decode(line)

    def _compact(self, images: list[_Image]) -> None:
        unfinished = self._path.with_suffix(".new")
        with unfinished.open("wb") as compacted:
            for image in images:
                compacted.write(_line([image]))
            compacted.flush()
            os.fsync(compacted.fileno())
        unfinished.replace(self._path)


def _line(images: list[_Image]) -> bytes:
    return encode(images) + b"\n"
