"""Matches requests to routes: exact paths before parameters, parameters before {greedy+}, $default last."""

import re
from collections.abc import Iterable

from dev.local.blueprint import RouteSpec

Match = tuple[RouteSpec, dict[str, str]]  # With the path's parameters.

_PARAMETER = re.compile(r"\{([^}+]+)(\+?)\}")


class Routes:
    def __init__(self, routes: Iterable[RouteSpec]) -> None:
        self._routes = sorted(((_pattern(route.path), route) for route in routes), key=lambda pair: _rank(pair[1]))

    def match(self, method: str, path: str) -> Match | None:
        if "\0" in path:
            return None
        for pattern, route in self._routes:
            found = pattern.fullmatch(path)
            if found and route.method in (method, "ANY"):
                return route, found.groupdict()
        return None


def _pattern(path: str) -> re.Pattern[str]:
    if path == "$default":
        return re.compile(".*", re.DOTALL)
    pieces, end = [], 0
    for parameter in _PARAMETER.finditer(path):
        pieces.append(re.escape(path[end : parameter.start()]))
        name, is_greedy = parameter.groups()
        pieces.append(f"(?P<{name}>{'.+' if is_greedy else '[^/]+'})")
        end = parameter.end()
    return re.compile("".join([*pieces, re.escape(path[end:])]), re.DOTALL)


def _rank(route: RouteSpec) -> tuple[bool, int, int, int, bool]:
    greedy = sum(bool(plus) for _, plus in _PARAMETER.findall(route.path))
    named = len(_PARAMETER.findall(route.path))
    return (route.path == "$default", greedy, named, -len(route.path), route.method == "ANY")
