"""Checked when everything has come to rest: our books against the gateway's own, and that nothing is left open."""

from __future__ import annotations

from typing import Any

from payments.domain.case import Case, CaseKind
from payments.domain.event import Event, is_unbroken
from payments.domain.payment import Attempt, Hold, Payment
from payments.domain.refund import SYSTEM, Refund
from payments.domain.status import Status
from payments.store.codec import decode
from simulation.actors import Actors
from simulation.books import Books
from simulation.chaos import WHOLE_MS
from simulation.cloud import Cloud
from simulation.settings import PREFIX, WORKSPACE

_HOLD_CASES = {Hold.AMOUNT: "amount_mismatch", Hold.CURRENCY: "currency_mismatch", Hold.MERCHANT: "merchant_mismatch"}


def told_of(cloud: Cloud) -> set[str]:
    """Whoever is the subject of a case."""
    rows = cloud.dynamo.items(PREFIX + "reconciliation")
    return {row["subject_id"]["S"] for row in rows if "kind" in row}


class Rest:
    def __init__(self, cloud: Cloud, books: Books, actors: Actors, told: set[str]) -> None:
        """`told` are those whom a case named before the last reconciliation."""
        self._cloud, self._books, self._actors, self._told = cloud, books, actors, told
        self._calm_at_ms = cloud.scheduler.start_ms + cloud.chaos.profile.calm_after_ms
        self._payments = [decode(Payment, item) for item in self._rows("payment_transactions", "PAYMENT")]
        self._refunds = [decode(Refund, item) for item in self._rows("payment_refunds", "RF#")]
        self._events = [decode(Event, item) for item in self._rows("payment_events_log", "E#")]
        self._cases = [decode(Case, item) for item in self._rows("reconciliation", "") if "kind" in item]

    def check(self) -> None:
        self._check_due()
        for payment in self._payments:
            self._check_payment(payment)
        self._check_refunds()
        self._check_orders()
        self._check_answers()
        self._check_claims()
        self._check_deliveries()
        self._check_reports()

    def ends(self) -> tuple[str, ...]:
        """Every payment, order and refund there is, ours and the gateway's."""
        model = self._cloud.model
        ours = [f"payment {payment.status} {payment.amount.minor}" for payment in self._payments]
        ours += [f"refund {refund.status} {refund.amount.minor}" for refund in self._refunds]
        theirs = [f"their order {order.state} {order.amount}" for order in model.orders.by_id.values()]
        theirs += [f"their refund {refund.state} {refund.amount}" for refund in model.refunds.by_id.values()]
        return tuple(sorted(ours + theirs))

    def _rows(self, table: str, prefix: str) -> list[dict[str, Any]]:
        return [row for row in self._cloud.dynamo.items(PREFIX + table) if row["sk"]["S"].startswith(prefix)]

    def _check_due(self) -> None:
        """Only what waits for a person may still be due."""
        waiting = {payment.id for payment in self._payments if payment.hold in _HOLD_CASES}
        waiting |= {refund.payment_id for refund in self._refunds if refund.is_held}
        waiting |= {case.subject_id for case in self._cases if case.kind is CaseKind.SURPLUS_REFUND_FAILED}
        if self._cloud.chaos.profile.until_ms < WHOLE_MS:
            waiting |= {payment.id for payment in self._payments if not payment.live.status.is_open}
        left = [key for key in self._books.due if key[1].rpartition("#")[2] not in waiting]
        self._require(not left, "INV-25", f"after {self._cloud.scheduler.steps} steps still due: {left}")

    def _require(self, holds: bool, invariant: str, why: str) -> None:
        self._books.require(holds, invariant, why)

    def _has_case(self, subject_id: str, kind: str) -> bool:
        return any(case.subject_id == subject_id and case.kind == kind for case in self._cases)

    # Payments against orders.

    def _check_payment(self, payment: Payment) -> None:
        events = [event for event in self._events if event.payment_id == payment.id]
        events.sort(key=lambda event: event.seq)
        is_whole = is_unbroken(events) and len(events) == payment.version
        self._require(is_whole, "INV-14", f"{payment.merchant_order_id}: the log is broken")
        if payment.hold in _HOLD_CASES:
            kind = _HOLD_CASES[payment.hold]
            return self._require(self._has_case(payment.id, kind), "INV-24", f"held for {payment.hold}, no case")
        for attempt in payment.attempts:
            self._check_attempt(payment, attempt)
            self._check_policy(payment, attempt)
            self._check_time(attempt, events)
        return None

    def _check_attempt(self, payment: Payment, attempt: Attempt) -> None:
        name = f"{payment.merchant_order_id}.{attempt.number}"
        self._require(not attempt.status.is_open, "INV-25", f"{name} is still {attempt.status}")
        theirs = self._cloud.model.orders.captured(attempt.id)
        agrees = attempt.captured == theirs if attempt.status is Status.COMPLETED else theirs == 0
        told = f"we say {attempt.status} {attempt.captured}, the gateway took {theirs}"
        if attempt.status is Status.COMPLETED and theirs == 2 * attempt.captured:
            self._require(payment.id in self._told, "INV-27", f"{name} was debited twice and nobody is told")
        else:
            self._require(agrees, "INV-03", f"{name}: {told}")
        if attempt.is_surplus and attempt.available:
            is_told = self._has_case(payment.id, "surplus_refund_failed")
            self._require(is_told, "INV-03", f"{name}: {attempt.available} of a surplus capture stay")

    def _check_policy(self, payment: Payment, attempt: Attempt) -> None:
        """Late money goes where the workspace says."""
        if not attempt.is_late or payment.workspace_id != WORKSPACE:
            return
        policy = self._actors.plan.late_success
        is_kept_as_told = policy == "grant" or (
            policy == "hold" and self._has_case(payment.id, CaseKind.LATE_SUCCESS_HELD)
        )
        told = f"{payment.merchant_order_id}.{attempt.number}: late money is kept under the policy {policy}"
        self._require(attempt.is_surplus or is_kept_as_told, "INV-03", told)

    def _check_time(self, attempt: Attempt, events: list[Event]) -> None:
        """Once faults have stopped, an attempt ends soon after its order's expiry."""
        mine = [event for event in events if event.subject_id == attempt.id]
        ends = [event.at for event in mine if event.from_status in _OPEN and event.to_status in _ENDED]
        last_ms = max(attempt.expires_at.timestamp() * 1000, self._calm_at_ms) + _SETTLES_WITHIN_MS
        is_held_once = any(event.kind == "payment.held" for event in events)
        for ended_at in ends[:1]:
            late_ms = ended_at.timestamp() * 1000 - last_ms
            self._require(
                is_held_once or late_ms < 0, "INV-25", f"attempt {attempt.number} ended {late_ms} ms too late"
            )

    # Refunds against refunds.

    def _check_refunds(self) -> None:
        held = {refund.attempt_id for refund in self._refunds if refund.is_held}
        stuck = {payment.id for payment in self._payments if payment.hold in _HOLD_CASES}
        for refund in self._refunds:
            if refund.is_held:
                self._require(self._has_case(refund.id, "refund_mismatch"), "INV-24", "a refund is held, no case")
                continue
            is_waiting = refund.attempt_id in held or refund.payment_id in stuck or self._is_young(refund)
            self._require(is_waiting or not refund.status.is_open, "INV-25", f"{refund.id} is still {refund.status}")
            theirs = self._cloud.model.refunds.by_id.get(refund.id)
            said = theirs.state.lower() if theirs else "nothing"
            agrees = (refund.status, said) in _AGREEING or (is_waiting and refund.status.is_open)
            self._require(agrees, "INV-10", f"{refund.id}: we say {refund.status}, the gateway says {said}")
        ours = {refund.id for refund in self._refunds}
        strange = [r.id for r in self._cloud.model.refunds.by_id.values() if r.made_by == "api" and r.id not in ours]
        self._require(not strange, "INV-04", f"the gateway knows refunds that we do not: {strange}")

    def _is_young(self, refund: Refund) -> bool:
        """The world ends while this one is on its way: anew every six hours where nobody may keep the money, or late,
        because another of its attempt had to end first.
        """
        mine = [event for event in self._events if event.subject_id == refund.id]
        moved_at = max((event.at for event in mine), default=refund.created_at)
        return self._cloud.scheduler.now_ms - moved_at.timestamp() * 1000 < _YOUNG_MS

    def _check_orders(self) -> None:
        orders = [(payment.workspace_id, payment.merchant_order_id) for payment in self._payments]
        self._require(len(orders) == len(set(orders)), "INV-19", "an order has two payments")
        known = {attempt.id for payment in self._payments for attempt in payment.attempts}
        strange = set(self._cloud.model.orders.by_id) - known
        self._require(not strange, "INV-04", f"the gateway knows orders that we do not: {sorted(strange)}")

    # What others were told.

    def _check_answers(self) -> None:
        self._require(not self._actors.shop.differing, "INV-18", f"one key, two answers: {self._actors.shop.differing}")
        self._require(not self._actors.people.took_forged, "INV-21", "a webhook without proof was taken")

    def _check_claims(self) -> None:
        """Every attempt and every refund that somebody asked for is the one effect of one key."""
        asked = [attempt.id for payment in self._payments for attempt in payment.attempts]
        asked += [refund.id for refund in self._refunds if refund.actor != SYSTEM]
        claimed = [row.get("subject_id", _NOBODY)["S"] for row in self._rows("idempotency_keys", "CLAIM")]
        loose = sorted(set(asked).symmetric_difference(claimed))
        self._require(not loose and len(asked) == len(claimed), "INV-18", f"not one key for one effect: {loose}")

    def _check_deliveries(self) -> None:
        for row in self._rows("payment_webhook_logs", "DELIVERY"):
            is_done = row["state"]["S"] in ("applied", "ignored", "dead")
            self._require(is_done, "INV-25", f"a delivery is still {row['state']['S']}")
            self._check_stranger(row)

    def _check_stranger(self, row: dict[str, Any]) -> None:
        subject = row["subject_id"]["S"]
        is_ours = subject in self._books.references
        is_news = row["kind"]["S"] == "payment" and subject.startswith("att_")
        is_raised = row["state"]["S"] == "dead" and self._has_case(subject, "unknown_order")
        self._require(is_ours or not is_news or is_raised, "INV-23", f"news of {subject} was dropped")

    def _check_reports(self) -> None:
        """At rest a reconciliation finds nothing that it does not also hand to a person."""
        told = self._told | {refund.payment_id for refund in self._refunds if refund.id in self._told}
        for report in self._actors.people.reports[-1:]:
            loose = [issue for issue in report["issues"] if issue["payment_id"] not in told]
            self._require(not loose, "INV-27", f"reconciliation finds {loose}")


_NOBODY = {"S": ""}
_OPEN, _ENDED = ("created", "pending"), ("completed", "failed", "cancelled", "expired")
_SETTLES_WITHIN_MS = 140 * 60_000.0  # An hourly look by an hourly sweep, on clocks that may differ by ten minutes.
_YOUNG_MS = 2 * 3_600_000.0
_AGREEING = {("completed", "completed"), ("failed", "failed"), ("failed", "nothing")}
