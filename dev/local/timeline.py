"""A timeline as a table for people, with the meanings of rarer events."""

import json
import textwrap

from dev.local.demo_client import Json
from dev.local.shop import FOLDER
from gateway_simulators.kit.screens import money_text

_MORE_MAX = 44

MEANING: dict[str, str] = json.loads((FOLDER / "meanings.json").read_text())  # Of the rarer events.


def table(events: list[Json], currency: str) -> list[str]:
    head = ("time (UTC)", "event", "who", "why", "from → to", "more")
    days = {event["at"][:10] for event in events}
    rows = [head, *(_row(event, currency, has_date=len(days) > 1) for event in events)]
    widths = [max(len(cells[column]) for row in rows for cells in _wrapped(row)) for column in range(len(head))]
    lines = [_line(cells, widths) for row in rows for cells in _wrapped(row)]
    return [f"    {line}" for line in (lines[0], "-" * (sum(widths) + 2 * len(widths) - 2), *lines[1:])]


def _line(cells: tuple[str, ...], widths: list[int]) -> str:
    return "  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip()


def _wrapped(row: tuple[str, ...]) -> list[tuple[str, ...]]:
    """A row; its last cell may continue on the lines below."""
    first, *others = textwrap.wrap(row[-1], _MORE_MAX) or [""]
    return [(*row[:-1], first), *(("",) * (len(row) - 1) + (other,) for other in others)]


def _row(event: Json, currency: str, *, has_date: bool) -> tuple[str, ...]:
    at = f"{event['at'][5:10]} {event['at'][11:19]}" if has_date else event["at"][11:19]
    moved = f"{event['from'] or '·'} → {event['to']}"
    text = (event["amount"] and money_text(event["amount"], currency), MEANING.get(event["kind"]), event["note"])
    why = f"{event['cause']} {event['gateway_event']}".rstrip()
    return at, event["kind"], event["actor"], why, moved, ", ".join(filter(None, text))
