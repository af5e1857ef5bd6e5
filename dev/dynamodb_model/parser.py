"""Tokens and paths, common to all expressions."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NoReturn

from dev.dynamodb_model.errors import invalid
from dev.dynamodb_model.reserved import RESERVED
from dev.dynamodb_model.values import Attributes, Frozen

Names = dict[str, str]
Path = tuple[str | int, ...]  # `#alias` as written; resolved per request.
Getter = Callable[[Attributes, Names, Attributes], Frozen | None]
Check = Callable[[Attributes], None]

_TOKEN = re.compile(r"\s*(?:([#:]?[A-Za-z0-9_]+)|(<>|<=|>=|[=<>(),.\[\]+\-]))")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*|#[A-Za-z0-9_]+")
KEYWORDS = frozenset(("AND", "OR", "NOT", "BETWEEN", "IN", "SET", "REMOVE", "ADD", "DELETE"))


class Cursor:
    """Reads one expression and collects the names and values that it uses."""

    def __init__(self, kind: str, text: str) -> None:
        self.kind, self.names, self.values = kind, set[str](), set[str]()
        self.checks: list[Check] = []
        if not text.strip():
            raise invalid(f"Invalid {kind}: The expression can not be empty;")
        self._tokens, self.at = self._split(text), 0

    def _split(self, text: str) -> list[str]:
        tokens, at, end = [], 0, len(text.rstrip())
        while at < end:
            found = _TOKEN.match(text, at)
            if not found:
                self.refuse(text[at:].strip()[:1])
            tokens.append(found[1] or found[2])
            at = found.end()
        return tokens

    def refuse(self, token: str = "") -> NoReturn:
        raise invalid(f'Invalid {self.kind}: Syntax error; token: "{token or self.peek() or "<EOF>"}"')

    def complain(self, words: str) -> NoReturn:
        raise invalid(f"Invalid {self.kind}: {words}")

    def peek(self, ahead: int = 0) -> str:
        at = self.at + ahead
        return self._tokens[at] if at < len(self._tokens) else ""

    def take(self) -> str:
        token = self.peek()
        if not token:
            self.refuse()
        self.at += 1
        return token

    def accept(self, *wanted: str) -> str:
        """Keywords are returned in upper case."""
        token = self.peek().upper()
        if token in wanted:
            self.at += 1
            return token
        return ""

    def expect(self, token: str) -> None:
        if not self.accept(token):
            self.refuse()

    def end(self) -> None:
        if self.peek():
            self.refuse()

    def is_one_group(self, start: int) -> bool:
        """True if everything read since `start` is one pair of parentheses."""
        depth = 0
        for at in range(start, self.at):
            depth += (self._tokens[at] == "(") - (self._tokens[at] == ")")
            if depth == 0:
                return self._tokens[start] == "(" and at == self.at - 1
        return False

    def value(self) -> str:
        token = self.take()
        if not token.startswith(":"):
            self.refuse(token)
        self.values.add(token)
        return token

    def path(self) -> Path:
        path: list[str | int] = [self._name()]
        while step := self.accept(".", "["):
            path.append(self._name() if step == "." else self._index())
        return tuple(path)

    def _name(self) -> str:
        name = self.take()
        if not _NAME.fullmatch(name) or name.upper() in KEYWORDS:
            self.refuse(name)
        if name.startswith("#"):
            self.names.add(name)
        elif name.upper() in RESERVED:
            self.complain(f"Attribute name is a reserved keyword; reserved keyword: {name}")
        return name

    def _index(self) -> int:
        number = self.take()
        if not number.isdecimal():
            self.refuse(number)
        self.expect("]")
        return int(number)


def resolved(path: Path, names: Names) -> Path:
    return tuple(names[part] if isinstance(part, str) and part.startswith("#") else part for part in path)


def shown(path: Path) -> str:
    return f"[{', '.join(f'[{part}]' if isinstance(part, int) else part for part in path)}]"


def walked(item: Attributes, path: Path) -> Frozen | None:
    found = item.get(path[0])  # type: ignore[arg-type]
    for part in path[1:]:
        if found is None:
            return None
        tag, raw = found
        if isinstance(part, int):
            found = raw[part] if tag == "L" and part < len(raw) else None
        else:
            found = raw.get(part) if tag == "M" else None
    return found


def getter(path: Path) -> Getter:
    first = path[0]
    if len(path) > 1 or isinstance(first, int):
        return lambda item, names, _: walked(item, resolved(path, names))
    if first.startswith("#"):
        return lambda item, names, _: item.get(names[first])
    return lambda item, _, __: item.get(first)


def value_getter(name: str) -> Getter:
    return lambda _, __, values: values[name]
