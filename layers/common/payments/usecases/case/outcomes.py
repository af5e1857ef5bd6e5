"""The change for a decision, by the kind of its case. Where it depends on the gateway, a snapshot is fetched first."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from payments.domain.change import Change
from payments.domain.records.case import Case, CaseKind, Outcome
from payments.domain.records.event import Why
from payments.domain.records.payment import Payment, Review, ReviewKind
from payments.domain.records.snapshot import Snapshot
from payments.domain.rules import decisions, refund_decisions
from payments.domain.rules.decisions import Decision, NotPossible
from payments.domain.values.status import Status
from payments.usecases.context import Context
from payments.usecases.payment.sync import mark
from payments.usecases.refund.sync import mark_refund


@dataclass(slots=True)
class Decider:
    """One decision about one case, as it is carried out.

    `is_changed`: nothing was decided, because the gateway now reports another amount than the case shows.
    """

    case: Case
    decision: Decision
    context: Context
    is_changed: bool = False

    def change(self, payment: Payment) -> Change | None:
        """The change that carries out the decision. Raises NotPossible, ExceedsAvailable, GatewayError."""
        self.is_changed = False
        return _BY_KIND.get(self.case.kind, _note)(self, payment)


def _note(decider: Decider, payment: Payment) -> Change:
    return decisions.noted(payment, decider.case, decider.decision, decider.context.why, decider.context.now())


def _review(decider: Decider, payment: Payment) -> Change:
    review, now = payment.review, decider.context.now()
    if review is None:
        return _note(decider, payment)
    snapshot = _fetch_reported(decider, payment, review)
    is_by_books = review.kind is ReviewKind.LATE_SUCCESS  # The decision is about the booked amount.
    if not is_by_books and snapshot.status is Status.COMPLETED and snapshot.amount != review.reported:
        decider.is_changed = True
        return decisions.review_changed(payment, decider.case, snapshot, _why_noticed(decider), now)
    return decisions.review_decided(payment, decider.case, decider.decision, snapshot, decider.context.why, now)


def _why_noticed(decider: Decider) -> Why:
    """Who caused the change of a case: the approver, or else the person who decides."""
    approval = decider.decision.approval
    return Why(approval.answered_by, decider.context.why.cause) if approval else decider.context.why


def _fetch_reported(decider: Decider, payment: Payment, review: Review) -> Snapshot:
    """A new snapshot of the attempt, or the further capture, under review."""
    attempt = payment.attempt(review.attempt_id)
    gateway = decider.context.ports.gateway(attempt.account)
    snapshot = gateway.fetch_payment(attempt)
    if not review.extra_ref:
        return mark(snapshot, attempt, gateway)
    extra = next((each for each in snapshot.extra_captures if each.ref == review.extra_ref), None)
    return Snapshot(Status.COMPLETED, extra.amount, extra.ref) if extra else Snapshot(Status.PENDING)


def _refund(decider: Decider, payment: Payment) -> Change:
    refund = decider.context.store.get_refund(decider.case.subject_id)
    gateway = decider.context.ports.gateway(refund.account)
    snapshot = mark_refund(gateway.fetch_refund(refund, payment.attempt(refund.attempt_id)), refund, gateway)
    now = decider.context.now()
    return refund_decisions.refund_decided(
        payment, refund, decider.case, decider.decision, snapshot, decider.context.why, now
    )


def _require_no_review(payment: Payment) -> None:
    """Raises NotPossible while the payment is under review: its money must not move."""
    if payment.is_stuck:
        raise NotPossible(f"the payment is under review ({payment.review_kind}): decide that case first")


def _decide_return(decider: Decider, payment: Payment) -> Change:
    _require_no_review(payment)
    refund = decider.context.store.get_refund(decider.case.subject_id)
    one_at_a_time = decider.context.ports.gateway(refund.account).has_one_refund_at_a_time
    now = decider.context.now()
    return refund_decisions.returned_decided(
        payment, refund, decider.case, decider.decision, decider.context.why, now, one_at_a_time=one_at_a_time
    )


def _excess(decider: Decider, payment: Payment) -> Change:
    _require_no_review(payment)
    now = decider.context.now()
    return refund_decisions.excess_decided(payment, decider.case, decider.decision, decider.context.why, now)


def _money(decider: Decider, payment: Payment) -> Change:
    if decider.decision.outcome is Outcome.NOTED:
        return _note(decider, payment)
    _require_no_review(payment)
    now = decider.context.now()
    return refund_decisions.money_attributed(payment, decider.case, decider.decision, decider.context.why, now)


_BY_KIND: Mapping[CaseKind, Callable[[Decider, Payment], Change]] = {
    CaseKind.AMOUNT_MISMATCH: _review,
    CaseKind.CURRENCY_MISMATCH: _review,
    CaseKind.MERCHANT_MISMATCH: _review,
    CaseKind.LATE_SUCCESS: _review,
    CaseKind.REFUND_MISMATCH: _refund,
    CaseKind.REFUND_RETURNED: _decide_return,
    CaseKind.EXCESS_REFUND_FAILED: _excess,
    CaseKind.MONEY_RETURNED: _money,
}  # Cases of other kinds are only noted.
