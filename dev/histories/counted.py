"""Compare the counted metrics of a history with what was written.

An invocation that dies, or that misses the answer to its write, counts nothing: then there may be less.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from dev.dynamodb_model import Change
from dev.histories.rows import Item
from dev.histories.scheduler import Ended
from dev.histories.settings import WRONG_FORMS
from payments.gateways.contract.errors import WebhookForged
from payments.usecases.errors import UnknownGateway
from payments.usecases.metrics import Metric

HEARD_WITHIN_MS = 60_000.0  # As long as any function lives.
# By the kind of event that stands for it. It restates the table of docs/metrics.md.
_OF_EVENT: Mapping[str, str] = {
    "payment.created": Metric.PAYMENT_CREATED,
    "payment.under_review": Metric.AMOUNT_MISMATCH,
    "attempt.completed": Metric.PAYMENT_COMPLETED,
    "attempt.failed": Metric.PAYMENT_FAILED,
    "attempt.cancelled": Metric.PAYMENT_CANCELLED,
    "attempt.expired": Metric.PAYMENT_EXPIRED,
    "attempt.capture_denied": Metric.MONEY_REVERSED,
    "refund.imported": Metric.MONEY_REVERSED,
    "refund.completed": Metric.REFUND_COMPLETED,
    "refund.failed": Metric.REFUND_FAILED,
    "refund.returned": Metric.REFUND_RETURNED,
    "dispute.opened": Metric.DISPUTE_OPENED,
    "dispute.action_required": Metric.DISPUTE_OPENED,
    "dispute.lost": Metric.DISPUTE_LOST,
}
_DAILY = "authorization_lapsing"  # A daily case that does not count as CaseOpened.
TIMED = Metric.WEBHOOK_RECEIPT_TO_APPLIED_MS  # Its values are counted, not added.
_OF_WEBHOOKS = (
    Metric.WEBHOOK_RECEIVED,
    Metric.WEBHOOK_REJECTED,
    Metric.WEBHOOK_DEAD,
    TIMED,
    Metric.WEBHOOK_APPLIED_LATE,
)
_OTHERS = (
    Metric.CASE_OPENED,
    Metric.LATE_SUCCESS,
    Metric.REPORT_ISSUES,
    Metric.WORKSPACE_INVALID,
    Metric.GATEWAY_TOKEN_FAILED,
)
COUNTED = frozenset({*_OF_EVENT.values(), *_OF_WEBHOOKS, *_OTHERS})
_LATE_MS = 120_000.0
_SLOW_MS = 10_000.0
_UNANSWERED = "unanswered"
_ANY_NUMBER = 1_000
_RIGHT = {"country": ("IN", "US"), "late_success": ("grant", "refund", "review")}


class Entry(NamedTuple):
    """Something that a function counts within a minute: at least `least` times, at most `most`."""

    at_ms: float
    least: int = 1
    most: int = 1


class Written:
    """How often each thing that a metric counts was written, and what functions have read."""

    def __init__(self, skew_ms: float) -> None:
        self.entries: defaultdict[str, list[Entry]] = defaultdict(list)
        self.slow: list[Entry] = []  # Webhooks that took more than ten seconds.
        self._skew_ms, self._issues = skew_ms, dict[str, set[str]]()
        self._has_report_died = False

    def see(self, changes: list[Change], prefix: str, now_ms: float) -> None:
        """Note the changes of a commit. `prefix` begins the tables' names."""
        payments = [one.new for one in changes if one.key["sk"]["S"] == "PAYMENT" and one.new]
        for change in changes:
            name, old, new = change.table.removeprefix(prefix), change.old or {}, change.new or {}
            if name == "payment_events_log":
                self._event(new, payments, now_ms)
            elif name == "payment_webhook_logs":
                self._delivery(old, new, now_ms)
            elif name == "reconciliation":
                self._of_reports(change.key["pk"]["S"], old, new, now_ms)

    def end(self, named: str, function: str, how: Ended, began_ms: float) -> None:
        """Note what an invocation must have counted when it ended; a killed one may have counted."""
        if function == "webhook":
            is_refused = isinstance(how.error, WebhookForged | UnknownGateway)
            metric = Metric.WEBHOOK_REJECTED if is_refused else Metric.WEBHOOK_RECEIVED
            if how.was_killed or how.error is None or is_refused:
                self._add(metric, began_ms, least=not how.was_killed)
        self._has_report_died |= named.startswith("report#") and how.was_killed
        if named.startswith("reconcile#") and (how.was_killed or how.error):  # Counted, but possibly not stored.
            self._add(Metric.REPORT_ISSUES, began_ms, least=0, most=_ANY_NUMBER)

    def read(self, workspace: Item, now_ms: float) -> None:
        """A function has read the workspace's settings: if one is wrong, it may have counted that."""
        is_wrong = any(workspace.get(name, {"S": right[0]})["S"] not in right for name, right in _RIGHT.items())
        if is_wrong or any(workspace.get(name) == value for name, value in WRONG_FORMS):
            self._add(Metric.WORKSPACE_INVALID, now_ms, least=0)

    def no_token(self, now_ms: float) -> None:
        self._add(Metric.GATEWAY_TOKEN_FAILED, now_ms)

    def _add(self, metric: str, at_ms: float, least: int = 1, most: int = 1) -> None:
        self.entries[metric].append(Entry(at_ms, int(least), most))

    def _event(self, event: Item, payments: list[Item], now_ms: float) -> None:
        kind, subject = event["kind"]["S"], event["subject_id"]["S"]
        if metric := _OF_EVENT.get(kind):
            self._add(metric, now_ms)
        attempts = [one["M"] for payment in payments for one in payment["attempts"]["L"]]
        if kind == "attempt.completed" and any(one["id"]["S"] == subject and _is_late(one) for one in attempts):
            self._add(Metric.LATE_SUCCESS, now_ms)

    def _delivery(self, old: Item, new: Item, now_ms: float) -> None:
        was, state = old.get("state", {"S": ""})["S"], new["state"]["S"]
        if state == "dead" != was:
            self._add(Metric.WEBHOOK_DEAD, now_ms)
        if state == "applied" and was not in ("awaiting", ""):  # Time that a person takes is not counted.
            took_ms = now_ms - datetime.fromisoformat(new["received_at"]["S"]).timestamp() * 1000
            self._time(took_ms, now_ms, is_first=was != "applied")

    def _time(self, took_ms: float, now_ms: float, *, is_first: bool) -> None:
        """Note a duration. The clocks of two instances differ, and it is counted up to a minute after the write.

        A copy that wrote something else at the same time may be timed as well.
        """
        self._add(TIMED, now_ms, least=is_first)
        shortest, longest = took_ms - 2 * self._skew_ms, took_ms + 2 * self._skew_ms + HEARD_WITHIN_MS
        if longest > _LATE_MS:
            self._add(Metric.WEBHOOK_APPLIED_LATE, now_ms, least=is_first and shortest > _LATE_MS)
        if longest > _SLOW_MS:
            self.slow.append(Entry(now_ms, int(is_first and shortest > _SLOW_MS)))

    def _of_reports(self, pk: str, old: Item, new: Item, now_ms: float) -> None:
        if pk.endswith("CASE"):
            if _is_opened(old, new):
                self._add(Metric.CASE_OPENED, now_ms)
        elif pk.endswith("#REC") and "document" in new:
            self._report(json.loads(new["document"]["S"]), now_ms)

    def _report(self, document: dict[str, object], now_ms: float) -> None:
        """A report that a person requested is counted before it is stored. A run after a dead one compares its last
        page again.
        """
        listed: list[dict[str, object]] = document["issues"]  # type: ignore[assignment]
        issues = {json.dumps(issue) for issue in listed if issue["kind"] != _UNANSWERED}
        known = self._issues.get(str(document["reconciliation_id"]), set())
        self._issues[str(document["reconciliation_id"])] = issues
        if self._has_report_died and issues & known:
            self._add(Metric.REPORT_ISSUES, now_ms, least=0, most=len(issues & known))
            self._has_report_died = False
        if number := len(issues - known):
            is_hourly = document["checkpoints_before"] is not None
            self._add(Metric.REPORT_ISSUES, now_ms if is_hourly else now_ms - HEARD_WITHIN_MS, number, number)


def _is_late(attempt: Item) -> bool:
    return bool((attempt.get("is_late") or {"BOOL": False})["BOOL"])


def _is_opened(old: Item, new: Item) -> bool:
    is_open = "decided_at" not in new and new["kind"]["S"] != _DAILY
    return is_open and new.get("opened_at") != old.get("opened_at")


Counted = Mapping[str, list[tuple[float, int]]]  # By metric: when (ms), and the value.


def differences(
    written: Mapping[str, list[Entry]], counted: Counted, *, is_exact: bool
) -> dict[str, tuple[int, int, int]]:
    """By metric: (least, most, counted), for each metric whose count is outside of least to most.

    `is_exact`: no invocation died, and each received the answer to every write.
    """
    wrong = {}
    for name in sorted(COUNTED):
        entries, values = written.get(name, []), [value for _, value in counted.get(name, [])]
        number = len(values) if name == TIMED else sum(values)
        least = sum(entry.least for entry in entries) if is_exact else 0
        most = sum(entry.most for entry in entries)
        if not least <= number <= most:
            wrong[name] = (least, most, number)
    return wrong
