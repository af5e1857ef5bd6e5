"""Lists, newest first with cursors, and `expand`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from gateway_simulators.stripe.errors import invalid, malformed, no_such

View = dict[str, Any]
LIMIT_MAX, LIMIT, DEPTH_MAX = 100, 10, 4
EXPANDABLE = frozenset({"data", "latest_charge", "payment_intent", "payment_method", "customer", "charge"})


def page(url: str, views: Sequence[View], given: dict[str, Any]) -> View:
    """One page. `views` are oldest first."""
    limit = given.get("limit", LIMIT)
    if not 1 <= limit <= LIMIT_MAX:
        raise malformed(
            f"Invalid integer: limit must be between 1 and {LIMIT_MAX}", "parameter_invalid_integer", "limit"
        )
    newest_first = [view for view in reversed(views) if _is_in(view, given.get("created", {}))]
    wanted = _after(newest_first, given)
    if "ending_before" in given:
        wanted = wanted[-limit:] if len(wanted) > limit else wanted
        return _envelope(url, wanted, has_more=False)
    return _envelope(url, wanted[:limit], has_more=len(wanted) > limit)


def _after(views: list[View], given: dict[str, Any]) -> list[View]:
    ids = [view["id"] for view in views]
    for cursor in ("starting_after", "ending_before"):
        if cursor in given and given[cursor] not in ids:
            raise no_such("object", given[cursor], cursor, 400)
    if "starting_after" in given:
        return views[ids.index(given["starting_after"]) + 1 :]
    return views[: ids.index(given["ending_before"])] if "ending_before" in given else views


def _is_in(view: View, created: dict[str, int]) -> bool:
    at: int = view["created"]
    return (
        at > created.get("gt", -1)
        and at >= created.get("gte", 0)
        and at < created.get("lt", 2**62)
        and at <= created.get("lte", 2**62)
    )


def _envelope(url: str, data: list[View], *, has_more: bool) -> View:
    return {"object": "list", "url": url, "has_more": has_more, "data": data}


def expanded(view: View, paths: Sequence[str], find: Callable[[str], View | None]) -> View:
    """The view with the given paths expanded; `find` returns the object of an id."""
    view = dict(view)
    for path in paths:
        _expand(view, path.split("."), path, find)
    return view


def check_expand(paths: Sequence[str]) -> None:
    """Refuse an invalid `expand` before the call acts."""
    for path in paths:
        parts = path.split(".")
        if len(parts) > DEPTH_MAX:
            raise malformed("You cannot expand more than 4 levels of a property.", "", "expand")
        if not EXPANDABLE.issuperset(parts):
            raise malformed(f"This property cannot be expanded ({path}).", "", "expand")


def _expand(view: View, parts: list[str], path: str, find: Callable[[str], View | None]) -> None:
    name, rest = parts[0], parts[1:]
    value = view.get(name)
    if name not in view:
        raise invalid(f"This property cannot be expanded ({path}).", "", "expand")
    if isinstance(value, list):
        view[name] = copies = [dict(each) for each in value]
        for each in copies:
            _expand(each, rest, path, find)
        return
    found = find(value) if isinstance(value, str) else value
    if value is not None and found is None:
        raise invalid(f"This property cannot be expanded ({path}).", "", "expand")
    view[name] = dict(found) if found else None
    if rest and found:
        _expand(view[name], rest, path, find)
