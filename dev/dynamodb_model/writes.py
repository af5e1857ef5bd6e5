"""One write, checked and ready, alone or as an action of a transaction."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from dev.dynamodb_model import updates
from dev.dynamodb_model.conditions import Condition, condition
from dev.dynamodb_model.errors import invalid
from dev.dynamodb_model.indexes import Key
from dev.dynamodb_model.parser import Path, walked
from dev.dynamodb_model.requests import NOTHING, Words, check_fields
from dev.dynamodb_model.tables import Table
from dev.dynamodb_model.values import Attributes, Json, freeze_item, size_of_item, thaw, thaw_item

_CONDITION = frozenset(
    (
        "TableName",
        "ConditionExpression",
        "ExpressionAttributeNames",
        "ExpressionAttributeValues",
        "ReturnValuesOnConditionCheckFailure",
    )
)
_REQUIRED = {
    "Put": frozenset(("TableName", "Item")),
    "Update": frozenset(("TableName", "Key")),
    "Delete": frozenset(("TableName", "Key")),
    "ConditionCheck": frozenset(("TableName", "Key", "ConditionExpression")),
}
_ALLOWED = {verb: required | _CONDITION for verb, required in _REQUIRED.items()}
_ALLOWED["Update"] |= {"UpdateExpression"}
_RETURNS = {
    "Put": frozenset(("NONE", "ALL_OLD")),
    "Delete": frozenset(("NONE", "ALL_OLD")),
    "Update": frozenset(("NONE", "ALL_OLD", "ALL_NEW", "UPDATED_OLD", "UPDATED_NEW")),
}
_SINGLE = {verb: _ALLOWED[verb] | {"ReturnValues"} for verb in _RETURNS}


@dataclass(frozen=True, slots=True, eq=False)
class Write:
    verb: str
    table: Table
    key: Key
    item: Attributes  # Of a Put.
    condition: Condition | None
    update: updates.Update | None
    paths: tuple[Path, ...]
    words: Words
    wants_old: bool
    text: tuple[str | None, ...]  # Its expressions.

    def holds(self, old: Attributes | None) -> bool:
        if self.condition is None:
            return True
        return self.condition.holds(old or NOTHING, self.words.names, self.words.values)

    def old_requested(self, old: Attributes | None) -> Json | None:
        """What a failed condition returns of the old item."""
        return thaw_item(old) if self.wants_old and old is not None else None

    def outcome(self, old: Attributes | None) -> Attributes | None:
        """The item after the write; None: absent. Refuses what only the old item shows to be invalid."""
        if self.verb == "Put":
            return self.item
        if self.verb == "Update":
            return self._updated(old)
        return None if self.verb == "Delete" else old

    def _updated(self, old: Attributes | None) -> Attributes | None:
        base = self.item if old is None else old
        if self.update is None:
            return base
        new = updates.apply(self.update, self.paths, base, self.words.names, self.words.values)
        self.table.check(new)
        only_takes = all(step.verb in ("REMOVE", "DELETE") for step in self.update.steps)
        return None if old is None and only_takes else new

    @property
    def size(self) -> int:
        return size_of_item(self.item) + size_of_item(self.words.values)


def prepare(verb: str, table: Table, request: Json, is_single: bool = False) -> Write:
    check_fields(verb, request, _REQUIRED[verb], _SINGLE[verb] if is_single else _ALLOWED[verb])
    if is_single and request.get("ReturnValues", "NONE") not in _RETURNS[verb]:
        raise invalid("Return values set to invalid value")
    text, update_text = request.get("ConditionExpression"), request.get("UpdateExpression")
    parsed = None if text is None else condition(text)
    update = None if update_text is None else updates.update(update_text)
    words = Words(request, "ConditionExpression", (update, parsed))
    paths = updates.targets(update, words.names) if update else ()
    _refuse_keys(table, paths)
    item = freeze_item(request["Item"]) if verb == "Put" else table.key_item(request["Key"])
    key = table.key_of(item)
    if verb == "Put":
        table.check(item, "Item size has exceeded the maximum allowed size")
    wants_old = request.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD"
    return Write(verb, table, key, item, parsed, update, paths, words, wants_old, (text, update_text))


def _refuse_keys(table: Table, paths: tuple[Path, ...]) -> None:
    for path in paths:
        if path[0] in table.schema.types:
            raise invalid(
                "One or more parameter values were invalid: "
                f"Cannot update attribute {path[0]}. This attribute is part of the key"
            )


def returned(write: Write, wanted: str, old: Attributes | None, new: Attributes | None) -> Json | None:
    """The Attributes of an answer."""
    shown = new if wanted.endswith("NEW") else old
    if wanted == "NONE" or shown is None:
        return None
    if wanted.startswith("ALL"):
        return thaw_item(shown)
    picked: Json = {}
    for path in write.paths:
        if (value := walked(shown, path)) is not None:
            _graft(picked, path, thaw(value))
    return picked or None


def _graft(picked: Json, path: Path, value: Json) -> None:
    """Put the value where its path says; of a list only the written elements are shown."""
    place: Any = picked
    for part, following in pairwise(path):
        empty: Json = {"L": []} if isinstance(following, int) else {"M": {}}
        if isinstance(place, list):
            place.append(empty)
            child = empty
        else:
            child = place.setdefault(part, empty)
        place = next(iter(child.values()))
    if isinstance(place, list):
        place.append(value)
    else:
        place[path[-1]] = value
