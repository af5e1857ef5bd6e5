"""A timeline as a table for people, and what its rarer events mean."""

import textwrap

from local.demo_client import Json
from simulators.kit.screens import money_text

_MORE_MAX = 60

MEANING = {
    "attempt.in_progress": "the money is under way",
    "attempt.authorization_lapsing": "the authorization ends soon: capture or void it",
    "attempt.money_returned": "the gateway gave money back without us",
    "attempt.paid_again": "paid a second time",
    "attempt.taken_back": "the gateway took the money back",
    "attempt.written_off": "captured, and given up",
    "payment.under_review": "a person must decide",
    "payment.review_changed": "the gateway says something else by now",
    "payment.replaced": "another payment took its place",
    "refund.returned": "the refund came back: the money is the shop's again",
    "refund.imported": "refunded at the gateway, not by us",
    "refund.recorded": "refunded by other means",
    "refund.contradicted": "the gateway refunds another amount",
    "case.decided": "a person has decided",
    "approval.asked": "a second person must agree",
    "approval.refused": "the second person did not agree",
    "dispute.opened": "the payer's bank disputes the payment",
    "dispute.updated": "the dispute changed",
    "dispute.action_required": "the dispute waits for the shop's answer",
    "dispute.under_review": "the shop has answered, the bank decides",
    "dispute.accept_asked": "the shop gives in",
    "dispute.accept_refused": "the gateway refused that",
    "dispute.won": "the shop won the dispute",
    "dispute.lost": "the shop lost the dispute: the money is gone",
    "dispute.closed": "the dispute ended without a loss",
    "dispute.unreadable": "the gateway's words about the dispute are new to us",
}


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
    """Its last cell may go on below."""
    first, *others = textwrap.wrap(row[-1], _MORE_MAX) or [""]
    return [(*row[:-1], first), *(("",) * (len(row) - 1) + (other,) for other in others)]


def _row(event: Json, currency: str, *, has_date: bool) -> tuple[str, ...]:
    at = f"{event['at'][5:10]} {event['at'][11:19]}" if has_date else event["at"][11:19]
    moved = f"{event['from'] or '·'} → {event['to']}"
    said = (event["amount"] and money_text(event["amount"], currency), MEANING.get(event["kind"]), event["note"])
    return at, event["kind"], event["actor"], event["cause"], moved, ", ".join(filter(None, said))
