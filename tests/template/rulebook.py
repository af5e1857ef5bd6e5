"""Rules about the expanded template. Each rule returns violations, and names an edit that must cause one."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from dev.tools.expand import Template, expand, read_template

Find = Callable[[Template], Iterator[str]]
Edit = Callable[[Template], None]
Resources = dict[str, dict[str, Any]]
MISSING: Any = object()


@dataclass(frozen=True, slots=True)
class Rule:
    name: str
    find: Find
    edits: tuple[Edit, ...]


RULES: list[Rule] = []


def rule(*edits: Edit) -> Callable[[Find], Find]:
    """Registers a rule and the edits that break it."""

    def register(find: Find) -> Find:
        RULES.append(Rule(find.__name__, find, edits))
        return find

    return register


def put(*path: str | int, value: Any) -> Edit:
    """An edit that sets what is at `path` below Resources."""

    def edit(template: Template) -> None:
        *parents, last = path
        _walk(template, parents)[last] = deepcopy(value)

    return edit


def drop(*path: str | int) -> Edit:
    """An edit that removes what is at `path` below Resources."""

    def edit(template: Template) -> None:
        *parents, last = path
        del _walk(template, parents)[last]

    return edit


def _walk(template: Template, path: list[str | int]) -> Any:
    node: Any = template["Resources"]
    for step in path:
        node = node[step]
    return node


@lru_cache
def _expanded() -> Template:
    return expand(read_template())


def expanded() -> Template:
    """A copy of the template as CloudFormation gets it."""
    return deepcopy(_expanded())


def of_type(template: Template, kind: str) -> Resources:
    """Properties by logical id."""
    found = template["Resources"].items()
    return {name: resource.get("Properties", {}) for name, resource in found if resource["Type"] == kind}


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def target(value: Any) -> str:
    """A reference as a text: `Table`, `Table/index/due`, `Table/stream`, `Function:live`, or the text itself."""
    if isinstance(value, str):
        return value
    if "Ref" in value:
        return re.sub(r"Aliaslive$", ":live", str(value["Ref"]))
    if "Fn::GetAtt" in value:
        name, attribute = value["Fn::GetAtt"]
        return f"{name}/stream" if attribute == "StreamArn" else str(name)
    if "Fn::Sub" in value:
        return str(value["Fn::Sub"]).replace("${", "").replace(".Arn}", "").replace("}", "")
    return str(value)


def texts(node: Any) -> Iterator[str]:
    """Every string in a part of a template, keys included."""
    if isinstance(node, str):
        yield node
    elif isinstance(node, dict):
        for key, value in node.items():
            yield from texts(key)
            yield from texts(value)
    elif isinstance(node, list):
        for value in node:
            yield from texts(value)


def differences(what: str, found: set[Any], wanted: set[Any]) -> Iterator[str]:
    yield from (f"{what}: {extra} is too much" for extra in sorted(map(str, found - wanted)))
    yield from (f"{what}: {absent} is missing" for absent in sorted(map(str, wanted - found)))
