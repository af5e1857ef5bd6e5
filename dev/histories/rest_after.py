"""Checked at rest: everything after the end of a payment is in our books or in a case."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from dev.histories.assumed import assumed_of
from dev.histories.books import Books
from dev.histories.cloud import Cloud
from dev.histories.rows import Item
from payments.domain.records.case import Case, CaseKind
from payments.domain.records.event import Event
from payments.domain.records.payment import Attempt, Payment
from payments.domain.records.refund import GATEWAY, SYSTEM, Refund
from payments.domain.values.status import Status

_GIVES_BACK = ("refund.imported", "attempt.money_returned")


@dataclass(frozen=True, slots=True)
class AtRest:
    """Our books, decoded, and the ids that cases name."""

    payments: Collection[Payment]
    refunds: Collection[Refund]
    events: Collection[Event]
    cases: Collection[Case]
    deliveries: Collection[dict[str, Any]]
    named_in_cases: set[str]  # From before the last reconciliation.
    is_reconciled: bool = True  # A reconciliation came last, and every gateway answered it.
    by_payment: dict[str, list[Refund]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for refund in self.refunds:
            self.by_payment.setdefault(refund.payment_id, []).append(refund)

    def has_case(self, subject_id: str, *kinds: CaseKind) -> bool:
        return any(case.subject_id == subject_id and case.kind in kinds for case in self.cases)

    def cases_of(self, payment_id: str) -> list[Case]:
        return [case for case in self.cases if payment_id in (case.payment_id, case.subject_id)]


class AfterTheEnd:
    def __init__(self, cloud: Cloud, books: Books, rest: AtRest) -> None:
        self._cloud, self._books, self._rest = cloud, books, rest
        self._require: Callable[[bool, str, str], None] = books.require

    def check(self) -> None:
        self._check_orders()
        for payment in self._rest.payments:
            self._check_under_way(payment)
            self._check_decisions(payment)
            self._check_refunded(payment)
            self._check_money_out(payment)
        for refund in self._rest.refunds:
            self._check_returned(refund)
        self._check_disputes()

    def is_reported_late(self, issue: Mapping[str, Any]) -> bool:
        """A refund made by others, or its return, is found by a reconciliation unless a webhook has reported it."""
        payment = next((one for one in self._rest.payments if one.id == issue["payment_id"]), None)
        # A refund of ours that came back is reported by its own id.
        kinds = (*_GIVES_BACK, "refund.returned") if str(issue["subject_id"]).startswith("att_") else _GIVES_BACK
        is_about_it = all(text.split()[0] in kinds for text in str(issue["note"]).split("; "))
        ids = {attempt.id for attempt in payment.attempts} if payment else set()
        by_hand = any(one.order in ids and one.made_by != "api" for _, one in self._cloud.theirs.refunds())
        return is_about_it and (
            by_hand or any(self._cloud.theirs.refunded_at_gateway(attempt_id) for attempt_id in ids)
        )

    # INV-19.

    def _check_orders(self) -> None:
        by_order: dict[tuple[str, str], list[Payment]] = {}
        for payment in self._rest.payments:
            by_order.setdefault((payment.workspace_id, payment.merchant_order_id), []).append(payment)
        for (_, order), payments in by_order.items():
            standing = [payment for payment in payments if not payment.replaced_by]
            self._require(len(standing) == 1, "INV-19", f"{order} has {len(standing)} valid payments")
            chain = {payment.replaced_by for payment in payments} - {""}
            self._require(chain == {payment.id for payment in payments if payment.replaces}, "INV-19", f"{order} broke")

    # INV-79.

    def _check_under_way(self, payment: Payment) -> None:
        """What only the gateway can end is open in our books, and the sweep still checks it."""
        begun = self._cloud.theirs.under_way()
        for attempt in payment.attempts:
            since_ms = self._books.vigil.under_way.get(attempt.id, 0.0)
            was_dead_before = attempt.status.is_dead and self._ended_before(attempt, since_ms)
            stays_open = attempt.status.is_open or was_dead_before or attempt.id not in begun
            self._require(stays_open, "INV-79", f"{attempt.id} is {attempt.status}, but pending at the gateway")
            is_watched = not attempt.status.is_open or payment.due_at is not None or payment.is_stuck
            self._require(is_watched, "INV-79", f"{attempt.id} is {attempt.status}, and no check is due")

    def _ended_before(self, attempt: Attempt, at_ms: float) -> bool:
        ends = [event.at for event in self._rest.events if event.subject_id == attempt.id and event.to_status in _DEAD]
        latest_ms = at_ms + _MEANWHILE_MS + self._books.tolerance_s * 1000  # Events are dated by their writers' clocks.
        return any(ended_at.timestamp() * 1000 <= latest_ms for ended_at in ends)

    # INV-81 and INV-82.

    def _check_decisions(self, payment: Payment) -> None:
        reported = [
            event for event in self._rest.events if event.stream_id == payment.id and event.kind == "case.decided"
        ]
        decided = [case for case in self._rest.cases_of(payment.id) if case.decided_at]
        text = [event.note.split()[0] for event in reported]
        loose = [case.id for case in decided if str(case.kind) not in text and case.decided_by != SYSTEM]
        self._require(not loose, "INV-81", f"{loose} are decided, but the payment has no event of it")
        is_under_review = any(attempt.status is Status.AUTHORIZED for attempt in payment.attempts)
        open_kinds = [case.kind for case in self._rest.cases_of(payment.id) if not case.decided_at]
        is_ended = is_under_review or CaseKind.AUTHORIZATION_LAPSING not in open_kinds
        self._require(is_ended, "INV-81", f"{payment.id} has ended, but the case of its authorization is open")
        stored = payment.winning_attempt
        if stored is None or stored.captured_minor in (payment.amount.minor, stored.capture_requested_minor):
            return
        amounts = {event.amount_minor for event in reported}
        self._require(
            stored.captured_minor in amounts,
            "INV-82",
            f"{stored.id} has captured {stored.captured_minor}, which nobody decided",
        )

    # INV-80.

    def _check_refunded(self, payment: Payment) -> None:
        """A refund made by others is in the books, or in a case that names the payment."""
        for attempt in payment.attempts:
            if attempt.status is not Status.COMPLETED or attempt.duplicate_of or payment.is_stuck:
                continue
            if any(refund.attempt_id == attempt.id and refund.status.is_open for refund in self._refunds(payment)):
                continue  # What is reserved for a refund may be the same money: its end decides.
            reported, booked = self._reports_of(attempt), self._booked(payment, attempt)
            is_seen = booked + attempt.unattributed_minor >= reported or self._rest.has_case(
                payment.id, CaseKind.MONEY_RETURNED
            )
            text = f"{reported} of {attempt.id} were refunded by others, the books have {booked}"
            self._require(is_seen or self._has_contradicted_refund(payment), "INV-80", text)
            self._check_no_more(attempt, booked)
            has_total = not assumed_of(attempt.gateway).tells_no_total
            if has_total and self._rest.is_reconciled and not self._books.after.is_lied_to:
                theirs = self._cloud.theirs.refunded_at_gateway(attempt.id)
                self._require(
                    booked <= theirs, "INV-80", f"{theirs} of {attempt.id} were refunded, the books have {booked}"
                )

    def _check_no_more(self, attempt: Attempt, booked: int) -> None:
        """What the books and cases call refunded by others was so at some time."""
        theirs = [one for _, one in self._cloud.theirs.refunds() if one.order == attempt.id and one.made_by != "api"]
        ever = sum(one.amount for one in theirs if one.state != "failed")
        is_no_more = booked + attempt.unattributed_minor <= ever or self._books.after.is_lied_to
        self._require(
            is_no_more, "INV-80", f"{ever} of {attempt.id} were refunded, books and cases say {booked} and more"
        )

    def _refunds(self, payment: Payment) -> list[Refund]:
        return self._rest.by_payment.get(payment.id, [])

    def _has_contradicted_refund(self, payment: Payment) -> bool:
        """A person must first decide what happened to a refund of ours: its money may be the same."""
        return any(refund.is_contradicted or refund.decided for refund in self._refunds(payment))

    def _booked(self, payment: Payment, attempt: Attempt) -> int:
        mine = [one for one in self._refunds(payment) if one.attempt_id == attempt.id and one.actor == GATEWAY]
        mine = [one for one in mine if one.id not in self._books.after.by_decision]
        return sum(one.amount.minor for one in mine if one.status is Status.COMPLETED)

    def _reports_of(self, attempt: Attempt) -> int:
        """Reports about the money that our books call captured; a second capture belongs to another attempt."""
        theirs = [one for _, one in self._cloud.theirs.refunds() if one.order == attempt.id and one.made_by != "api"]
        done = [one for one in theirs if one.state == "completed"]
        if assumed_of(attempt.gateway).tells_no_total:
            applied = self._refs_of_applied_webhooks()
            return sum(one.amount for one in done if one.ref in applied)
        is_one = len(self._cloud.theirs.captured(attempt.id)) == 1
        return sum(one.amount for one in done) if is_one and self._rest.is_reconciled else 0

    def _refs_of_applied_webhooks(self) -> set[str]:
        return {row["refund_ref"]["S"] for row in self._rest.deliveries if row["state"]["S"] == "applied"}

    # INV-74 and INV-75.

    def _check_returned(self, refund: Refund) -> None:
        if refund.status is not Status.RETURNED:
            return
        kinds = CaseKind.REFUND_RETURNED, CaseKind.EXCESS_REFUND_FAILED
        is_reported = self._rest.has_case(refund.id, kinds[0]) or self._rest.has_case(refund.payment_id, kinds[1])
        self._require(is_reported, "INV-74", f"{refund.id} came back, and there is no case")

    # INV-72, and INV-75.

    def _check_disputes(self) -> None:
        """After the last list each dispute in our books has the gateway's state, or its case links to the gateway."""
        mine = {one["ref"]["S"]: one for disputes in self._books.after.disputes.values() for one in disputes.values()}
        paid = {attempt.id for payment in self._rest.payments for attempt in payment.attempts if attempt.captured_minor}
        for name, theirs in self._cloud.theirs.disputes():
            if theirs.order not in paid or self._rest.has_case(theirs.ref, CaseKind.DISPUTE_UNREADABLE):
                continue
            text = _text_of(mine[theirs.ref]) if theirs.ref in mine else "nothing"
            self._require(
                text == theirs.state, "INV-72", f"{name} says {theirs.state} of {theirs.ref}, our books {text}"
            )

    def _check_money_out(self, payment: Payment) -> None:
        """More was refunded and lost than captured: the payer may have been paid twice, so there is a case."""
        theirs, mine = self._cloud.theirs, {attempt.id for attempt in payment.attempts}
        captured = sum(amount for attempt_id in mine for amount in theirs.captured(attempt_id))
        silent = {attempt.id for attempt in payment.attempts if assumed_of(attempt.gateway).tells_no_total}
        seen = self._refs_of_applied_webhooks()  # The only sign of a dashboard refund where a status has no total.
        refunds = [r for _, r in theirs.refunds() if r.order in mine and r.state in ("open", "completed")]
        refunds = [r for r in refunds if r.made_by == "api" or r.order not in silent or r.ref in seen]
        refunded = sum(refund.amount for refund in refunds)
        lost = sum(d.amount for _, d in theirs.disputes() if d.order in mine and d.state == "lost")
        is_reported = bool(self._rest.cases_of(payment.id)) or self._has_case_of_refund(payment)
        text = f"{payment.id}: {refunded} were refunded and {lost} lost of {captured}, and there is no case"
        self._require(refunded + lost <= captured or is_reported, "INV-75", text)

    def _has_case_of_refund(self, payment: Payment) -> bool:
        return any(case.subject_id == refund.id for refund in self._refunds(payment) for case in self._rest.cases)


def _text_of(dispute: Item) -> str:
    """A status never goes back: a dispute that needs another answer is open at the gateway, and has a mark in our
    books.
    """
    return "open" if dispute["wants_another_answer"]["BOOL"] else str(dispute["status"]["S"])


_DEAD = ("failed", "cancelled", "expired")
_MEANWHILE_MS = 60_000.0  # A payer may act between the gateway's answer and our commit.
