"""CloudWatch Logs' filter patterns: `{ $.code = "x" && $.http_status >= 502 }`, or words that a line must contain."""

import fnmatch
import json
import operator
import re
from collections.abc import Callable
from typing import Any

Matches = Callable[[str], bool]
_Condition = Callable[[Any], bool]

_TOKEN = re.compile(r'\s*(&&|\|\||[()]|!=|>=|<=|[=<>]|"(?:[^"\\]|\\.)*"|[^\s()=<>!&|"]+)')
_ORDERS: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    "<": operator.lt,
    ">=": operator.ge,
    "<=": operator.le,
}
_MISSING = object()


class BadPatternError(ValueError):
    pass


def compiled(pattern: str) -> Matches:
    """Raises BadPatternError."""
    text = pattern.strip()
    if text.startswith("{"):
        if not text.endswith("}"):
            raise BadPatternError("a pattern that begins with { must end with }")
        condition = _Reader(text[1:-1]).read()
        return lambda line: _holds(condition, line)
    return _words(text)


def _holds(condition: _Condition, line: str) -> bool:
    try:
        value = json.loads(line)
    except ValueError:
        return False
    return isinstance(value, dict) and condition(value)


def _words(text: str) -> Matches:
    terms = re.findall(r'([?-]?)("(?:[^"\\]|\\.)*"|\S+)', text)
    found = [(sign, json.loads(term) if term.startswith('"') else term) for sign, term in terms]
    wanted = [term for sign, term in found if not sign]
    unwanted = [term for sign, term in found if sign == "-"]
    either = [term for sign, term in found if sign == "?"]

    def matches(line: str) -> bool:
        some = not either or any(term in line for term in either)
        return some and all(term in line for term in wanted) and not any(term in line for term in unwanted)

    return matches


class _Reader:
    """Parses conditions, with && before ||, and parentheses."""

    def __init__(self, text: str) -> None:
        self._tokens = _TOKEN.findall(text)
        if "".join(self._tokens) != re.sub(r'("(?:[^"\\]|\\.)*")|\s', lambda found: found[1] or "", text):
            raise BadPatternError(f"cannot be read: {text.strip()}")

    def read(self) -> _Condition:
        condition = self._either()
        if self._tokens:
            raise BadPatternError(f"expected the end at {self._tokens[0]}")
        return condition

    def _either(self) -> _Condition:
        parts = [self._both()]
        while self._take_if("||"):
            parts.append(self._both())
        return lambda value: any(part(value) for part in parts)

    def _both(self) -> _Condition:
        parts = [self._one()]
        while self._take_if("&&"):
            parts.append(self._one())
        return lambda value: all(part(value) for part in parts)

    def _one(self) -> _Condition:
        if self._take_if("("):
            inner = self._either()
            self._require(")")
            return inner
        path = self._take()
        if not path.startswith("$."):
            raise BadPatternError(f"a field begins with $., not {path}")
        names = path[2:].split(".")
        order = self._take()
        if order == "NOT":
            self._require("EXISTS")
            return lambda value: _at(value, names) is _MISSING
        if order == "IS":
            wanted = {"NULL": None, "TRUE": True, "FALSE": False}.get(self._take(), _MISSING)
            return lambda value: _at(value, names) is wanted
        if order not in _ORDERS:
            raise BadPatternError(f"no comparison: {order}")
        return _comparison(names, order, self._take())

    def _take(self) -> str:
        if not self._tokens:
            raise BadPatternError("it ends too early")
        return str(self._tokens.pop(0))

    def _take_if(self, token: str) -> bool:
        return bool(self._tokens) and self._tokens[0] == token and bool(self._tokens.pop(0))

    def _require(self, token: str) -> None:
        if self._take() != token:
            raise BadPatternError(f"{token} is missing")


def _comparison(names: list[str], order: str, operand: str) -> _Condition:
    number = _number(operand)
    if number is not None:
        return lambda value: _is_number(found := _at(value, names)) and _ORDERS[order](found, number)
    if order not in ("=", "!="):
        raise BadPatternError(f"{order} compares numbers, not {operand}")
    text = str(json.loads(operand)) if operand.startswith('"') else operand

    def compares(value: Any) -> bool:
        found = _at(value, names)
        return isinstance(found, str) and fnmatch.fnmatchcase(found, _globbed(text)) is (order == "=")

    return compares


def _globbed(text: str) -> str:
    """Only * is a wildcard."""
    return re.sub(r"[\[?]", lambda found: f"[{found[0]}]", text)


def _number(operand: str) -> float | None:
    return float(operand) if re.fullmatch(r"-?\d+(\.\d+)?", operand) else None


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _at(value: Any, names: list[str]) -> Any:
    for name in names:
        if not isinstance(value, dict) or name not in value:
            return _MISSING
        value = value[name]
    return value
