"""Nested stacks put into their parent: one template, as if all of it stood in one file.

Each resource of a nested stack keeps its logical id, so ids are unique across the stacks. A parameter becomes what the
parent gives it, `!GetAtt TheStack.Outputs.Name` what the stack puts out. Refused is what CloudFormation refuses: a name
that the template of its stack does not have, whether another template has it or none. Refused, too, is an attribute, a
section or an output that this does not follow.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

Template = dict[str, Any]
Parse = Callable[[str], Template]

STACK = "AWS::CloudFormation::Stack"
HOME = "NestedStack"  # In a resource's metadata: the logical id of the stack that it came from.
STACKS = "NestedStacks"  # In the whole's metadata, by logical id: description, parameters and outputs of each stack.
_SECTIONS = {"AWSTemplateFormatVersion", "Description", "Parameters", "Conditions", "Resources", "Outputs"}
_ATTRIBUTES = {"Type", "Properties", "DeletionPolicy", "UpdateReplacePolicy"}
_PROPERTIES = {"TemplateURL", "Parameters"}
_OF_OUTPUTS = {"Description", "Value"}
_OF_ONE_STACK = ("AWS::StackId", "AWS::StackName")
_PLACEHOLDER = re.compile(r"\$\{([^!}][^}]*)\}")


class NestingError(Exception):
    """The message names the stack and what is wrong in it."""


def read_whole(path: Path, parse: Parse) -> Template:
    """The template at `path` with its nested stacks. Raises NestingError."""
    whole = parse(path.read_text())
    stacks = {name: each for name, each in whole["Resources"].items() if each["Type"] == STACK}
    if not stacks:
        return whole
    own = {kind: set(names) for kind, names in _names(whole).items()}
    needed = set(_references(whole))
    described = whole.setdefault("Metadata", {}).setdefault(STACKS, {})
    for name, stack in stacks.items():
        del whole["Resources"][name]
        described[name] = _take_in(whole, name, stack, path.parent, parse)
    elsewhere = {kind: names - own[kind] for kind, names in _names(whole).items()}
    _refuse(f"{path.name} refers to parts of nested stacks", {n for kind, n in needed if n in elsewhere[kind]})
    return _without_outputs(whole, {name: each["Outputs"] for name, each in described.items()})


def _take_in(whole: Template, name: str, stack: Mapping[str, Any], folder: Path, parse: Parse) -> Template:
    """Adds the nested stack's parts to the whole, and returns its description, parameters and outputs."""
    _refuse(f"{name} has attributes that are not followed here", stack.keys() - _ATTRIBUTES)
    properties = stack["Properties"]
    _refuse(f"{name} has properties that are not followed here", properties.keys() - _PROPERTIES)
    path = folder / str(properties["TemplateURL"])
    if not path.is_file():
        raise NestingError(f"{name}: there is no file {path}")
    inner = parse(path.read_text())
    _refuse(f"{name} has sections that are not followed here", inner.keys() - _SECTIONS)
    own_names = _names(inner)
    missing = {each for kind, each in _references(inner) if each not in own_names[kind]}
    _refuse(f"{name} refers to what {path.name} does not have", missing)
    parameters = _values(name, inner.get("Parameters", {}), properties.get("Parameters", {}))
    filled = _Filled(name, parameters)
    for section in ("Resources", "Conditions"):
        own, all_of_them = filled(inner.get(section, {})), whole.setdefault(section, {})
        _refuse(f"{name}: another stack has {section} of the same name", own.keys() & all_of_them.keys())
        all_of_them.update(own)
    for logical_id in inner["Resources"]:
        whole["Resources"][logical_id].setdefault("Metadata", {})[HOME] = name
    outputs = inner.get("Outputs", {})
    for key, output in outputs.items():
        _refuse(f"{name}: output {key} has attributes that are not followed here", output.keys() - _OF_OUTPUTS)
    return {
        "Description": inner.get("Description", ""),
        "Parameters": parameters,
        "Outputs": {key: filled(output["Value"]) for key, output in outputs.items()},
    }


_VALUE, _CONDITION, _DEPENDENCY = "value", "condition", "dependency"


def _names(template: Template) -> dict[str, set[str]]:
    """What each kind of reference may name."""
    resources = set(template["Resources"])
    conditions = set(template.get("Conditions", {}))
    return {_VALUE: resources | set(template.get("Parameters", {})), _CONDITION: conditions, _DEPENDENCY: resources}


def _references(template: Template) -> Iterator[tuple[str, str]]:
    """Kind and name of each reference in the template, except to what AWS defines."""
    for resource in template["Resources"].values():
        needed = resource.get("DependsOn", [])
        yield from ((_DEPENDENCY, name) for name in ([needed] if isinstance(needed, str) else needed))
    for section in ("Conditions", "Resources", "Outputs"):
        yield from _references_in(template.get(section, {}))


def _references_in(node: Any) -> Iterator[tuple[str, str]]:
    if isinstance(node, list):
        for each in node:
            yield from _references_in(each)
    if isinstance(node, dict):
        for key, value in node.items():
            yield from _named_by(key, value)
            yield from _references_in(value)


def _named_by(key: str, value: Any) -> Iterator[tuple[str, str]]:
    """What the function `key` refers to itself, without what is within its arguments."""
    match key, value:
        case ("Condition", str(name)) | ("Fn::If", [str(name), *_]):
            yield _CONDITION, name
        case ("Ref", str(name)) | ("Fn::GetAtt", [str(name), *_]):
            yield from _value_named(name)
        case "Fn::Sub", [str(text), dict(own)]:
            yield from (each for name in _PLACEHOLDER.findall(text) if name not in own for each in _value_named(name))
        case "Fn::Sub", str(text):
            yield from (each for name in _PLACEHOLDER.findall(text) for each in _value_named(name))


def _value_named(name: str) -> Iterator[tuple[str, str]]:
    if not name.startswith("AWS::"):
        yield _VALUE, name.partition(".")[0]


def _refuse(what: str, names: set[str]) -> None:
    if names:
        raise NestingError(f"{what}: {', '.join(sorted(names))}")


def _values(stack: str, declared: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """Of every parameter: what the parent gives, else its default."""
    defaults = {name: of["Default"] for name, of in declared.items() if "Default" in of}
    _refuse(f"{stack} is given parameters that it does not have", given.keys() - declared.keys())
    _refuse(f"{stack} is not given its parameters", declared.keys() - given.keys() - defaults.keys())
    _refuse(f"{stack} has lists as parameters", {name for name, of in declared.items() if "List" in of["Type"]})
    return {name: _parameter(value) for name, value in (defaults | dict(given)).items()}


def _parameter(value: Any) -> Any:
    """As CloudFormation passes it: a text, `true` and `false` included, unless it is a function of the parent."""
    if isinstance(value, bool):
        return str(value).lower()
    return value if isinstance(value, dict) else str(value)


def _without_outputs(whole: Template, outputs: Mapping[str, Mapping[str, Any]]) -> Template:
    filled: Template = _Outputs(outputs)(whole)
    return filled


class _Replacer:
    """A copy of a template's part in which `_value` replaces references. `name` is `Thing` or `Thing.Attribute`."""

    def __call__(self, node: Any) -> Any:
        if isinstance(node, list):
            return [self(each) for each in node]
        if not isinstance(node, dict):
            return node
        if len(node) == 1:
            ((function, given),) = node.items()
            if function == "Ref":
                return _or_itself(self._value(given), node)
            if function == "Fn::GetAtt":
                return _or_itself(self._value(".".join(given)), node)
            if function == "Fn::Sub":
                return self._sub(given)
        return {key: self(value) for key, value in node.items()}

    def _value(self, name: str) -> Any:
        raise NotImplementedError

    def _sub(self, given: Any) -> Any:
        text, values = (given, {}) if isinstance(given, str) else (given[0], self(given[1]))

        def replaced(match: re.Match[str]) -> str:
            name = match[1]
            value = None if name in values else self._value(name)
            return match[0] if value is None else _as_text(name, value, values)

        text = _PLACEHOLDER.sub(replaced, text)
        return {"Fn::Sub": [text, values] if values else text}


def _or_itself(value: Any, node: Any) -> Any:
    return node if value is None else value


def _as_text(name: str, value: Any, values: dict[str, Any]) -> str:
    """The value within a text of `Fn::Sub`; if it has no such form, it is added to `values`."""
    match value:
        case str():
            return value.replace("${", "${!")
        case {"Ref": of}:
            return f"${{{of}}}"
        case {"Fn::GetAtt": [of, attribute]}:
            return f"${{{of}.{attribute}}}"
        case {"Fn::Sub": str(text)}:
            return text
    key = name.replace(".", "")
    values[key] = value
    return f"${{{key}}}"


class _Filled(_Replacer):
    """The parts of a nested stack with its parameters' values."""

    def __init__(self, stack: str, values: Mapping[str, Any]) -> None:
        self._stack, self._values = stack, values

    def _value(self, name: str) -> Any:
        if name in _OF_ONE_STACK:
            raise NestingError(f"{self._stack}: {name} would be another one in the whole")
        return self._values.get(name)


class _Outputs(_Replacer):
    """The whole with the values of the stacks' outputs."""

    def __init__(self, outputs: Mapping[str, Mapping[str, Any]], within: tuple[str, ...] = ()) -> None:
        self._outputs, self._within = outputs, within

    def _value(self, name: str) -> Any:
        stack, _, attribute = name.partition(".")
        if stack not in self._outputs:
            return None
        output = attribute.removeprefix("Outputs.")
        if output not in self._outputs[stack] or output == attribute:
            raise NestingError(
                f"{stack} has no {attribute or 'Ref'}: its outputs are {', '.join(self._outputs[stack])}"
            )
        if name in self._within:
            raise NestingError(f"stacks need each other: {' needs '.join((*self._within, name))}")
        return _Outputs(self._outputs, (*self._within, name))(self._outputs[stack][output])
