"""Checked at every commit, on the items themselves: what must hold at each instant, whoever writes."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from datetime import datetime

from dev.dynamodb_model import Change
from dev.histories.after import After
from dev.histories.assumed import assumed_of
from dev.histories.cloud import Cloud
from dev.histories.counted import Written
from dev.histories.gateway import Call
from dev.histories.gauged import Gauges
from dev.histories.rows import Item, row_of
from dev.histories.settings import PREFIX
from dev.histories.theirs import ENDED
from dev.histories.vigil import CONTRADICTIONS, Vigil, review_of
from gateway_simulators.kit.gateway import LedgerOrder

_RANK = {"created": 0, "pending": 1, "processing": 1, "authorized": 2, "failed": 3, "cancelled": 3, "expired": 3}
_RANK |= {"completed": 4, "returned": 5}
_SPENT = ("reserved_minor", "refunded_minor", "written_off_minor", "disputed_minor")
_OPEN = ("created", "pending", "processing", "authorized")
_COUNTED = ("payment.replaced", "case.decided", "approval.requested", "refund.imported", "refund.returned")
_CAPTURED = {"S": "pending"}
_JUST_AUTHORIZED_MS = 20_000.0
_SETTLE_S = 15 * 60
_DEAD = 3  # A rank.

_TIMES_OF_CHECKS = ("due", "checkpoint", "reconciled_at")


@dataclass
class Books:
    cloud: Cloud
    violations: list[str] = field(default_factory=list)
    due: dict[tuple[str, str, str], float] = field(default_factory=dict)
    checkpoints: dict[str, float] = field(default_factory=dict)  # By payment: when it is to be reconciled next.
    references: set[str] = field(default_factory=set)
    deliveries: set[str] = field(default_factory=set)
    dead: set[str] = field(default_factory=set)  # Attempts and refunds that have ended without money in our books.

    def __post_init__(self) -> None:
        self.vigil = Vigil(self.cloud, self.require)
        self.after = After(self.cloud, self.vigil, self.require)
        self.gauges = Gauges(self.cloud, self.require)
        self.written = Written(self.cloud.chaos.profile.skew_ms)

    @property
    def tolerance_s(self) -> float:
        """How far the clocks of two instances may differ, in seconds."""
        return 2 * self.cloud.chaos.profile.skew_ms / 1000 + 1

    def fail(self, invariant: str, why: str) -> None:
        self.violations.append(f"{invariant}: {why}")
        self.cloud.trace.tell(self.cloud.scheduler.now_ms, f"VIOLATION {invariant}: {why}")
        self.cloud.scheduler.is_stopped = True

    def require(self, holds: bool, invariant: str, why: str) -> None:
        if not holds:
            self.fail(invariant, why)

    def on_commit(self, written: list[Change]) -> None:
        changes = [_read(change) for change in written]
        events = [change for change in changes if change.table == PREFIX + "payment_events_log"]
        if events:
            self.cloud.sweeps.note_progress()
        self.written.see(changes, PREFIX, self.cloud.scheduler.now_ms)
        self.gauges.see(changes)
        self.after.begin(changes, [event.new for event in events if event.new])
        for change in changes:
            self._note_due(change)
            self._check(change, changes, bool(events))
        for change in events:
            self._tell(change.new or {})
            self.require(change.old is None and change.new is not None, "INV-17", "an event was overwritten")
        for change in changes:
            if change.key["sk"]["S"] == "PAYMENT":
                self._payment(change, events)

    def _tell(self, event: Item) -> None:
        what, amount = event["kind"]["S"], int(event["amount_minor"]["N"])
        if what in _COUNTED:
            self.cloud.acted[what] += 1
        if what == "case.decided":
            kind, outcome = event["note"]["S"].split()[:2]
            self.cloud.acted[f"{kind} {outcome.rstrip(':')}"] += 1
        moved = f"{event['from_status']['S']} -> {event['to_status']['S']}" + (f" {amount}" if amount else "")
        note, cause = event["note"]["S"], event["cause"]["S"]
        text = f"    ** {what}: {moved}, by {event['actor']['S']} ({cause}) {note}"
        self.cloud.trace.tell(self.cloud.scheduler.now_ms, text.rstrip())

    def _check(self, change: Change, changes: list[Change], has_event: bool) -> None:
        match change.table.removeprefix(PREFIX), change.key["sk"]["S"]:
            case "payment_refunds", sk if sk.startswith("RF#"):
                self._refund(change, changes, has_event)
            case "payment_disputes", sk if sk.startswith("DSP#"):
                self.after.dispute(change, has_event)
            case _, "REF":
                self.references.add(change.key["pk"]["S"][2:])
            case "payment_webhook_logs", _:
                self._delivery(change)
            case "payment_transactions", "LOCK":
                self.after.lock(change, changes)
            case "idempotency_keys", _:
                before, after = ((item or {}).get("answer") for item in (change.old, change.new))
                self.require(after in (None, before) or not before, "INV-18", "the answer of a key was overwritten")

    # The due index.

    def _note_due(self, change: Change) -> None:
        key = (change.table, change.key["pk"]["S"], change.key["sk"]["S"])
        new = change.new or {}
        if "due_shard" in new and "due_at" in new:
            at_ms = datetime.fromisoformat(new["due_at"]["S"]).timestamp() * 1000
            self.due[key] = at_ms
            self.cloud.sweeps.expect(at_ms + self.cloud.chaos.profile.index_lag_ms)
        else:
            self.due.pop(key, None)

    def _must_be_due(self, item: Item, is_open: bool, what: str) -> None:
        self.require(not is_open or "due_shard" in item, "INV-26", f"{what} is open and in no due index")

    def _note_checkpoint(self, new: Item) -> None:
        """INV-83: whatever may still change at the gateway has a checkpoint, until the last one has passed."""
        payment_id = new["id"]["S"]
        if "checkpoint_pk" in new and "checkpoint_at" in new:
            at_ms = datetime.fromisoformat(new["checkpoint_at"]["S"]).timestamp() * 1000
            self.checkpoints[payment_id] = at_ms
            self.cloud.reports.expect(at_ms + self.cloud.chaos.profile.index_lag_ms)
        else:
            self.checkpoints.pop(payment_id, None)
            self.require("reconciled_at" in new, "INV-83", f"{payment_id} has no checkpoint")

    # Payments and their attempts.

    def _payment(self, change: Change, events: list[Change]) -> None:
        new, old = change.new, change.old
        if new is None:
            self.fail("INV-17", "a payment was deleted")
            return
        version, before = int(new["version"]["N"]), int(old["version"]["N"]) if old else 0
        mine = [event.new for event in events if event.new and event.new["stream_id"] == new["id"]]
        seqs = sorted(int(event["seq"]["N"]) for event in mine)
        name = new["merchant_order_id"]["S"]
        self.require(seqs == list(range(before + 1, version + 1)), "INV-14", f"{name} v{before}->v{version}: {seqs}")
        if version == before and old:
            parts = [part for part in new.keys() | old.keys() if not part.startswith(_TIMES_OF_CHECKS)]
            same = all(new.get(part) == old.get(part) for part in parts)
            self.require(same, "INV-15", f"{name} changed without an event")
        attempts = [attempt["M"] for attempt in new["attempts"]["L"]]
        earlier = {a["M"]["id"]["S"]: a["M"] for a in old["attempts"]["L"]} if old else {}
        opens = [attempt for attempt in attempts if attempt["status"]["S"] in _OPEN]
        self.require(len(opens) <= 1, "INV-02", f"{name} has {len(opens)} open attempts")
        winners = [a for a in attempts if a["status"]["S"] == "completed" and not a["is_excess"]["BOOL"]]
        self.require(len(winners) <= 1, "INV-03", f"{name} counts {len(winners)} captures")
        is_stuck = review_of(new) in CONTRADICTIONS
        self._must_be_due(new, bool(opens) and not is_stuck, name)
        self.require(not (is_stuck and "due_shard" in new), "INV-81", f"{name} is due while it waits for a decision")
        is_under_review = is_stuck and bool(old) and review_of(old or {}) == review_of(new)
        self.vigil.note(new, attempts)
        self._note_checkpoint(new)
        for attempt in attempts:
            was = earlier.get(attempt["id"]["S"])
            is_moved = (
                was is not None and was["status"] != attempt["status"] != _CAPTURED
            )  # A call that had left before.
            self.require(not (is_under_review and is_moved), "INV-24", f"{name} changed while it was under review")
            self._attempt(attempt, earlier.get(attempt["id"]["S"]), f"{name}.{attempt['number']['N']}", new)
        self.after.payment(new, attempts, earlier)
        wanted = [event["kind"]["S"] for event in mine if event["actor"]["S"] != "system"]
        is_new = any(kind in ("attempt.created", "refund.created") for kind in wanted)
        self.require(not (is_under_review and is_new), "INV-24", f"{name} is under review and yet {wanted}")
        is_reported = not winners or new["status"]["S"] == "completed" or review_of(new) == "late_success"
        self.require(is_reported, "INV-05", f"{name} has a capture, but its status is {new['status']['S']}")
        self._available(new, winners, name)

    def _available(self, payment: Item, winners: list[Item], name: str) -> None:
        left = sum(_left(attempt) for attempt in winners)
        self.require(
            int(payment["available"]["N"]) == left, "INV-13", f"{name}: the available amount is not what is left"
        )
        is_usual = bool(winners) and payment["id"]["S"] not in self.after.decided and not self._is_foreign(winners[0])
        least = assumed_of(winners[0]["gateway"]["S"]).least_refund if is_usual else 1
        self.require(left == 0 or left >= least, "INV-11", f"{name}: the remaining {left} can never be refunded")

    def _is_foreign(self, attempt: Item) -> bool:
        """True if somebody else's refund or dispute may leave less to refund than the gateway's minimum."""
        refunds = self.after.refunds[attempt["id"]["S"]].values()
        return attempt["disputed_minor"]["N"] != "0" or any(refund["actor"]["S"] == "gateway" for refund in refunds)

    def _attempt(self, new: Item, old: Item | None, name: str, payment: Item) -> None:
        captured, reserved, refunded = (
            int(new[part]["N"]) for part in ("captured_minor", "reserved_minor", "refunded_minor")
        )
        written_off, is_decided = int(new["written_off_minor"]["N"]), payment["id"]["S"] in self.after.deciding
        is_sound = min(reserved, refunded, written_off) >= 0 and captured - reserved - refunded - written_off >= 0
        self.require(is_sound, "INV-09", f"{name}: captured {captured}, reserved {reserved}, refunded {refunded}")
        self._counters(new, name)
        status, was = new["status"]["S"], old["status"]["S"] if old else "created"
        rises = _RANK[status] > _RANK[was] or status == was
        self.require(rises, "INV-07", f"{name} went from {was} to {status}")
        if status != was:
            self._moved(new, was, name, is_decided)

    def _counters(self, attempt: Item, name: str) -> None:
        refunds = self.after.refunds[attempt["id"]["S"]].values()
        sums = {"open": 0, "completed": 0, "failed": 0, "returned": 0}
        for refund in refunds:
            status = refund["status"]["S"]
            sums["open" if status in _OPEN else status] += int(refund["amount"]["M"]["minor"]["N"])
        reported = (int(attempt["reserved_minor"]["N"]), int(attempt["refunded_minor"]["N"]))
        agrees = reported == (sums["open"], sums["completed"])
        self.require(agrees, "INV-13", f"{name}: reserved and refunded are {reported}, its refunds say {sums}")
        disputed, withheld = int(attempt["disputed_minor"]["N"]), self.after.withheld(attempt["id"]["S"])
        self.require(disputed == withheld, "INV-13", f"{name}: disputed is {disputed}, its disputes say {withheld}")

    def _moved(self, attempt: Item, was: str, name: str, is_decided: bool) -> None:
        status = attempt["status"]["S"]
        if status == "completed":
            self._completed(attempt, was, name, is_decided)
        elif _RANK[status] == _DEAD:
            self.dead.add(attempt["id"]["S"])
            self._ended(attempt, status, name)

    def _completed(self, attempt: Item, was: str, name: str, is_decided: bool) -> None:
        captured = int(attempt["captured_minor"]["N"])
        paid = self.vigil.captured_like(attempt)
        is_proved = captured in paid or is_decided
        self.require(is_proved, "INV-05", f"{name} is completed with {captured}; the gateway took {paid}")
        is_returned = not attempt["is_excess"]["BOOL"] or not _left(attempt)
        self.require(is_returned, "INV-03", f"{name}: an excess capture is recorded without its refund")
        is_late = _RANK[was] == _DEAD
        self.require(attempt["is_late"]["BOOL"] == is_late, "INV-03", f"{name} went from {was} to completed: late?")

    def _ended(self, attempt: Item, status: str, name: str) -> None:
        order = self.cloud.theirs.order(attempt["id"]["S"])
        if status == "failed":
            return self._failed(attempt, order, name)
        if order is not None and order.state == "authorized" and assumed_of(attempt["gateway"]["S"]).lets_go:
            authorized_ms = self.cloud.scheduler.now_ms - self.vigil.authorized_since_ms.get(order.id, 0.0)
            # A call that left before the gateway was checked may arrive after it: the vigil waits for its end.
            return self.require(
                authorized_ms < _JUST_AUTHORIZED_MS, "INV-40", f"{name} is {status}, and its money is authorized"
            )
        if order is None or order.state != "open" or self.vigil.is_harmless(order.id):
            return None
        if status == "cancelled":
            return self.fail("INV-06", f"{name} is cancelled, but it can be paid")
        early_s = _seconds(attempt["expires_at"]) - self.cloud.scheduler.now_ms / 1000
        self.require(early_s < self.tolerance_s, "INV-06", f"{name} is {status} {early_s:.0f} s early")
        return self.vigil.must_end(attempt, name, self.tolerance_s)

    def _failed(self, attempt: Item, order: LedgerOrder | None, name: str) -> None:
        if order is not None:
            # It may have been paid after its end and after the check.
            has_ended = order.state in ENDED or order.id in self.vigil.ended
            is_sound = has_ended or self.vigil.is_harmless(order.id)
            return self.require(is_sound, "INV-06", f"{name} is failed; the gateway says {order.state}")
        was_refused = attempt.get("failure", {"M": {}})["M"].get("code", {"S": ""})["S"] == "rejected"
        waited_s = self.cloud.scheduler.now_ms / 1000 - _seconds(attempt["sent_at"])
        is_settled = waited_s > _SETTLE_S - self.tolerance_s or attempt["id"]["S"] in self.vigil.left
        return self.require(was_refused or is_settled, "INV-06", f"{name} is failed after {waited_s:.0f} s of silence")

    # Refunds.

    def _refund(self, change: Change, changes: list[Change], has_event: bool) -> None:
        new, old = change.new, change.old
        if new is None:
            self.fail("INV-17", "a refund was deleted")
            return
        status, was = new["status"]["S"], old["status"]["S"] if old else "created"
        self.require(status == was or _RANK[status] > _RANK[was], "INV-07", f"a refund went from {was} to {status}")
        is_moved = old is None or status != was
        self.require(has_event or not is_moved, "INV-15", "a refund changed without an event")
        is_watched = status in _OPEN and not new["is_contradicted"]["BOOL"]
        self.require(
            "due_shard" not in new or not new["is_contradicted"]["BOOL"], "INV-81", "a refund under review is due"
        )
        is_decided = bool(new["decided"]["S"]) and status not in _OPEN
        self.require("due_shard" not in new or not is_decided, "INV-81", "a decided refund is due")
        self._must_be_due(new, is_watched, "a refund")
        self.after.refunds[new["attempt_id"]["S"]][new["id"]["S"]] = new
        if is_moved:
            self._refund_moved(new, old, changes)

    def _refund_moved(self, new: Item, old: Item | None, changes: list[Change]) -> None:
        if new["status"]["S"] == "failed":
            self.dead.add(new["id"]["S"])
        self.after.refund(new, old, changes)

    # Webhooks, and calls to the gateway.

    def _delivery(self, change: Change) -> None:
        new = change.new or {}
        self.deliveries.add(change.key["pk"]["S"].rpartition("#")[2])
        was_applied = bool(change.old) and (change.old or {})["state"]["S"] == "applied"
        self.require(not was_applied or new["state"]["S"] == "applied", "INV-20", "an applied delivery was reopened")
        is_open = new.get("state", {"S": ""})["S"] in ("received", "parked", "awaiting")
        self._must_be_due(new, is_open, "a delivery")

    def has_stored(self, body: bytes) -> bool:
        """A delivery is known by its event id, or by its bytes where there is none."""
        document = json.loads(body)
        names = {hashlib.sha256(body).hexdigest(), document.get("id"), document.get("event_id")}
        return not names.isdisjoint(self.deliveries)

    def requested(self, our_id: str, call: Call) -> None:
        """Check a call that creates something, when it arrives at the gateway."""
        if not our_id:
            return
        self.after.sent(our_id, call)
        self.require(our_id in self.references, "INV-04", f"{our_id} was sent before it was stored")
        is_late = our_id in self.dead and not self.cloud.theirs.knows(our_id)
        is_sound = not is_late or self.vigil.is_harmless(our_id)
        self.require(is_sound, "INV-06", f"{our_id} is created after it had ended in our books")


def _read(change: Change) -> Change:
    old, new = (row_of(item) if item else None for item in (change.old, change.new))
    return change._replace(old=old, new=new)


def _left(attempt: Item) -> int:
    spent = sum(int(attempt[part]["N"]) for part in _SPENT)
    return max(0, int(attempt["captured_minor"]["N"]) - spent)


def _seconds(value: Item) -> float:
    return datetime.fromisoformat(value["S"]).timestamp()
