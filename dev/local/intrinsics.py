"""CloudFormation's intrinsic functions, resolved to plain values."""

import base64
import re
from collections.abc import Callable, Mapping
from typing import Any

from dev.local.options import StackError

Attribute = Callable[[str, str], str]  # (logical id, attribute; "" for Ref) -> value

_NO_VALUE = object()
_PLACEHOLDER = re.compile(r"\$\{(!?)([^}]+)\}")


class UnresolvedError(StackError):
    """The template cannot be resolved: a name is not in it, or a function is not known here."""


class Resolver:
    """Called with any part of a template, it answers the same part with every function resolved.

    Raises UnresolvedError for a name that is not in the template, and for a function that is not known here.
    """

    def __init__(
        self,
        parameters: Mapping[str, Any],
        conditions: Mapping[str, Any] | None = None,
        mappings: Mapping[str, Any] | None = None,
        attribute: Attribute | None = None,
    ) -> None:
        self._parameters = parameters
        self._conditions = conditions or {}
        self._mappings = mappings or {}
        self._attribute = attribute or _no_attribute
        self._functions: dict[str, Callable[[Any], Any]] = {
            "Ref": self._ref,
            "Condition": self.condition,
            "Fn::GetAtt": self._get_att,
            "Fn::Sub": self._sub,
            "Fn::Join": lambda given: str(self(given[0])).join(str(part) for part in self(given[1])),
            "Fn::If": self._if,
            "Fn::Equals": lambda given: str(self(given[0])) == str(self(given[1])),
            "Fn::And": lambda given: all(self(part) for part in given),
            "Fn::Or": lambda given: any(self(part) for part in given),
            "Fn::Not": lambda given: not self(given[0]),
            "Fn::Select": lambda given: self(given[1])[int(self(given[0]))],
            "Fn::Split": lambda given: str(self(given[1])).split(str(self(given[0]))),
            "Fn::FindInMap": self._find_in_map,
            "Fn::Base64": lambda given: base64.b64encode(str(self(given)).encode()).decode(),
        }

    def __call__(self, value: Any) -> Any:
        if isinstance(value, dict):
            return self._mapping(value)
        if isinstance(value, list):
            return [part for part in map(self, value) if part is not _NO_VALUE]
        return value

    def condition(self, name: str) -> bool:
        if name not in self._conditions:
            raise UnresolvedError(f"no condition named {name}")
        return bool(self(self._conditions[name]))

    def _mapping(self, value: dict[str, Any]) -> Any:
        if len(value) == 1:
            name, given = next(iter(value.items()))
            if name in self._functions:
                return self._functions[name](given)
            if name.startswith("Fn::"):
                raise UnresolvedError(f"{name} is not supported locally")
        resolved = {key: self(part) for key, part in value.items()}
        return {key: part for key, part in resolved.items() if part is not _NO_VALUE}

    def _ref(self, name: str) -> Any:
        if name == "AWS::NoValue":
            return _NO_VALUE
        if name in self._parameters:
            return self._parameters[name]
        return self._attribute(name, "")

    def _get_att(self, given: Any) -> str:
        name, attribute = given.split(".", 1) if isinstance(given, str) else given
        return self._attribute(name, self(attribute))

    def _if(self, given: list[Any]) -> Any:
        name, then, otherwise = given
        return self(then if self.condition(name) else otherwise)

    def _find_in_map(self, given: list[Any]) -> Any:
        name, top, second = (str(self(part)) for part in given)
        return self(self._mappings[name][top][second])

    def _sub(self, given: Any) -> str:
        text, values = (given, {}) if isinstance(given, str) else given

        def filled(match: re.Match[str]) -> str:
            literal, name = match.groups()
            if literal:
                return f"${{{name}}}"
            if name in values:
                return str(self(values[name]))
            return str(self._get_att(name) if "." in name else self._ref(name))

        return _PLACEHOLDER.sub(filled, text)


def _no_attribute(name: str, attribute: str) -> str:
    raise UnresolvedError(f"nothing named {name}{'.' + attribute if attribute else ''}")
