"""Checks of a state machine that no other tool does: targets exist, every state is reached, no placeholder is left."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from dev.tools.expand import ROOT, read_template

_PLACEHOLDER = re.compile(r"\$\{(\w+)\}")
_ENDING_TYPES = ("Succeed", "Fail")


def problems(definition: dict[str, Any], substitutions: Mapping[str, object]) -> list[str]:
    """Errors of a definition, as sentences; empty if there are none."""
    states: dict[str, Any] = definition["States"]
    return [
        *_dangling(definition["StartAt"], states),
        *_unreached(definition["StartAt"], states),
        *_endless(states),
        *_not_json_path(definition),
        *_unlimited(definition, states),
        *_unfilled(definition, substitutions),
    ]


def _targets(state: dict[str, Any]) -> Iterator[str]:
    if "Next" in state:
        yield state["Next"]
    if "Default" in state:
        yield state["Default"]
    for branch in (*state.get("Choices", ()), *state.get("Catch", ())):
        yield branch["Next"]


def _dangling(start: str, states: dict[str, Any]) -> Iterator[str]:
    if start not in states:
        yield f"StartAt names {start}, which is not there"
    for name, state in states.items():
        yield from (f"{name} goes to {to}, which is not there" for to in _targets(state) if to not in states)


def _unreached(start: str, states: dict[str, Any]) -> Iterator[str]:
    reached, open_names = set(), [start]
    while open_names:
        name = open_names.pop()
        if name in states and name not in reached:
            reached.add(name)
            open_names.extend(_targets(states[name]))
    yield from (f"{name} is never reached" for name in states if name not in reached)


def _endless(states: dict[str, Any]) -> Iterator[str]:
    for name, state in states.items():
        if not (state.get("End") or state["Type"] in _ENDING_TYPES or any(_targets(state))):
            yield f"{name} neither ends nor goes on"
        if state.get("End") and "Next" in state:
            yield f"{name} both ends and goes on"


def _not_json_path(definition: dict[str, Any]) -> Iterator[str]:
    if definition.get("QueryLanguage", "JSONPath") != "JSONPath" or '"{%' in json.dumps(definition):
        yield "only JSONPath runs on the local stack"


def _unlimited(definition: dict[str, Any], states: dict[str, Any]) -> Iterator[str]:
    if "TimeoutSeconds" not in definition:
        yield "the machine has no TimeoutSeconds"
    for name, state in states.items():
        if state["Type"] == "Task" and "TimeoutSeconds" not in state:
            yield f"{name} has no TimeoutSeconds"


def _unfilled(definition: dict[str, Any], substitutions: Mapping[str, object]) -> Iterator[str]:
    used = set(_PLACEHOLDER.findall(json.dumps(definition)))
    yield from (f"${{{name}}} is not filled by the template" for name in sorted(used - set(substitutions)))
    yield from (f"the template fills {name}, which is not used" for name in sorted(set(substitutions) - used))


def main() -> int:
    found = 0
    for resource in read_template()["Resources"].values():
        if resource["Type"] == "AWS::Serverless::StateMachine":
            path: Path = ROOT / resource["Properties"]["DefinitionUri"]
            for problem in problems(json.loads(path.read_text()), resource["Properties"]["DefinitionSubstitutions"]):
                found += 1
                sys.stderr.write(f"{path.name}: {problem}\n")
    return min(found, 1)


if __name__ == "__main__":
    sys.exit(main())
