"""Which calls of DynamoDB a function's role allows, checked for each call that the function makes."""

from __future__ import annotations

from typing import Any

from dev.histories.settings import PREFIX
from tests.template.iam import wanted_tables
from tests.template.stores import INDEXES

_NAMES = {f"{PREFIX}{table}": "".join(part.capitalize() for part in f"{table}_table".split("_")) for table in INDEXES}
_ACTIONS = {
    "get_item": "GetItem",
    "batch_get_item": "BatchGetItem",
    "put_item": "PutItem",
    "update_item": "UpdateItem",
    "query": "Query",
}


def denied(function: str, method: str, request: dict[str, Any]) -> set[str]:
    """What the role does not allow, as texts. The rule-book compares the roles with `OWN`."""
    allowed = wanted_tables(function.capitalize())
    return {f"{function} may not {action} {of}" for of, action in calls_of(method, request) - allowed}


def calls_of(method: str, request: dict[str, Any]) -> set[tuple[str, str]]:
    """Tables and indexes by their names in the template, each with its action."""
    if method == "transact_write_items":
        writes = [write for item in request["TransactItems"] for write in item.items()]
        return {(_NAMES[write["TableName"]], f"{verb}Item") for verb, write in writes}
    if method == "batch_get_item":
        return {(_NAMES[table], _ACTIONS[method]) for table in request["RequestItems"]}
    index = f"/index/{request['IndexName']}" if "IndexName" in request else ""
    return {(_NAMES[request["TableName"]] + index, _ACTIONS[method])}
