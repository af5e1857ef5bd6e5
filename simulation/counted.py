"""What the metrics of a history must say: worked out from what was written, and compared with what was counted.

An invocation that dies, or that never hears that its write was done, counts nothing: then there may be less.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from simulation.rows import Item
from simulators.dynamodb import Change

# By the kind of the event that stands for it. The table of docs/metrics.md in other words.
_OF_EVENT: Mapping[str, str] = {
    "payment.created": "PaymentCreated",
    "payment.under_review": "AmountMismatch",
    "attempt.completed": "PaymentCompleted",
    "attempt.failed": "PaymentFailed",
    "attempt.cancelled": "PaymentCancelled",
    "attempt.expired": "PaymentExpired",
    "attempt.taken_back": "MoneyTakenBack",
    "refund.imported": "MoneyTakenBack",
    "refund.completed": "RefundCompleted",
    "refund.failed": "RefundFailed",
    "refund.returned": "RefundReturned",
    "dispute.opened": "DisputeOpened",
    "dispute.action_required": "DisputeOpened",
    "dispute.lost": "DisputeLost",
}
_DAILY = "authorization_lapsing"  # A case of every day, which is no CaseOpened.
COUNTED = frozenset({*_OF_EVENT.values(), "CaseOpened", "LateSuccess"})


class Written:
    """What was written of each kind that a metric counts."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()

    def see(self, changes: list[Change], table: str) -> None:
        """`table` is what the tables' names begin with."""
        payments = [one.new for one in changes if one.key["sk"]["S"] == "PAYMENT" and one.new]
        for change in changes:
            name, new = change.table.removeprefix(table), change.new or {}
            if name == "payment_events_log":
                self._event(new, payments)
            elif name == "reconciliation" and change.key["pk"]["S"].endswith("CASE"):
                self.counts["CaseOpened"] += _is_opened(change.old or {}, new)

    def _event(self, event: Item, payments: list[Item]) -> None:
        kind, subject = event["kind"]["S"], event["subject_id"]["S"]
        if metric := _OF_EVENT.get(kind):
            self.counts[metric] += 1
        attempts = [one["M"] for payment in payments for one in payment["attempts"]["L"]]
        if kind == "attempt.completed" and any(one["id"]["S"] == subject and _is_late(one) for one in attempts):
            self.counts["LateSuccess"] += 1


def _is_late(attempt: Item) -> bool:
    return bool((attempt.get("is_late") or {"BOOL": False})["BOOL"])


def _is_opened(old: Item, new: Item) -> bool:
    is_open = "decided_at" not in new and new["kind"]["S"] != _DAILY
    return is_open and new.get("opened_at") != old.get("opened_at")


def differences(written: Counter[str], counted: Counter[str], *, is_exact: bool) -> dict[str, tuple[int, int]]:
    """By metric: what was written and what was counted, where they differ as they must not.

    `is_exact`: no invocation died, and each heard of all that it wrote.
    """
    wrong = {}
    for name in sorted(COUNTED):
        there, told = written[name], counted[name]
        if told > there or (is_exact and told != there):
            wrong[name] = (there, told)
    return wrong
