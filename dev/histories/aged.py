"""Which rows have been open for too long, computed from the items alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from dev.histories.plan import DAY, MINUTE
from dev.histories.rows import Item
from payments.usecases.metrics import Metric

Key = tuple[str, str, str]  # Table, pk and sk.
_OPEN = ("created", "pending", "processing", "authorized")


def time_of(value: Item) -> float:
    """In epoch milliseconds."""
    return datetime.fromisoformat(value["S"]).timestamp() * 1000


def _open_attempt(key: Key, item: Item) -> Item:
    """The newest attempt's key while somebody other than the merchant has to act; empty if there is none."""
    if key[2] != "PAYMENT":
        return {}
    live: Item = item["attempts"]["L"][-1]["M"]
    is_requested = live["capture_requested_minor"]["N"] != "0" or live["is_cancelling"]["BOOL"]
    is_manual = live["terms"]["M"]["capture"]["S"] == "manual"
    waits_for_merchant = live["status"]["S"] == "authorized" and is_manual and not is_requested
    return live if live["status"]["S"] in _OPEN and not waits_for_merchant else {}


def _is_pending(key: Key, item: Item, now_ms: float) -> bool:
    live = _open_attempt(key, item)
    if not live or "in_progress_at" in live:
        return False
    return now_ms - time_of(live.get("capture_requested_at") or live["created_at"]) > 30 * MINUTE


def _is_in_progress(key: Key, item: Item, now_ms: float) -> bool:
    live = _open_attempt(key, item)
    return "in_progress_at" in live and now_ms - time_of(live["in_progress_at"]) > 5 * DAY


def _is_old_refund(key: Key, item: Item, now_ms: float) -> bool:
    is_refund = key[2].startswith("RF#") and item["status"]["S"] in _OPEN
    return is_refund and now_ms - time_of(item["created_at"]) > DAY


def wants_answer(dispute: Item) -> bool:
    """True if it is open, or if it is under review and its gateway asks for another answer."""
    status, is_requested_again = dispute["status"]["S"], bool(dispute["wants_another_answer"]["BOOL"])
    return status == "open" or (status == "under_review" and is_requested_again)


def _is_due_dispute(key: Key, item: Item, now_ms: float) -> bool:
    if not key[2].startswith("DSP#") or "respond_by" not in item or item["is_accepting"]["BOOL"]:
        return False
    return wants_answer(item) and 0 < time_of(item["respond_by"]) - now_ms < DAY


def _is_old_case(key: Key, item: Item, now_ms: float) -> bool:
    return "opened_at" in item and "decided_at" not in item and now_ms - time_of(item["opened_at"]) > DAY


# By metric: over due rows, and over cases.
AGED: Mapping[str, Callable[[Key, Item, float], bool]] = {
    Metric.PENDING_OVER_30_MIN: _is_pending,
    Metric.IN_PROGRESS_OVER_5_DAYS: _is_in_progress,
    Metric.REFUND_OVER_24_HOURS: _is_old_refund,
    Metric.DISPUTE_DUE_SOON: _is_due_dispute,
}
AGED_CASES: Mapping[str, Callable[[Key, Item, float], bool]] = {Metric.CASES_OVER_24_HOURS: _is_old_case}
