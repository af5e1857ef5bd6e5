"""Imported refunds: money that was refunded at the gateway without us, and what of it came back. Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from payments.domain.change import Change, Reference
from payments.domain.records.case import Case, CaseKind
from payments.domain.records.event import Why
from payments.domain.records.payment import Attempt, Payment, Step, recorded
from payments.domain.records.refund import GATEWAY, SYSTEM, ReasonCode, Refund
from payments.domain.records.snapshot import Snapshot
from payments.domain.rules.refunding import next_version, overdrawn_case, returned
from payments.domain.values.status import Failure, FailureCode, Status


def import_returned(payment: Payment, refund: Refund, why: Why, at: datetime) -> Change:
    """An imported refund is no longer in the gateway's total, so it was returned."""
    return returned(payment, refund, Snapshot(Status.FAILED, failure=Failure(FailureCode.OTHER)), why, at)


def import_returned_in_part(
    payment: Payment, refund: Refund, minor: int, part_id: str, why: Why, at: datetime
) -> Change:
    """A part of an imported refund was returned. The part becomes a refund of its own, with status `returned`."""
    rest = next_version(refund, at, amount=replace(refund.amount, minor=refund.amount.minor - minor), updated_at=at)
    part = replace(refund, id=part_id, amount=replace(refund.amount, minor=minor), version=0, created_at=at)
    step = Step("refund.split", part.id, "", refund.status, minor, f"a part of {refund.id}")
    moved, event = recorded(payment, step, why, at)
    split = Change(moved, (event,), (rest,), (Reference(part.id, part.id, part.gateway),))
    return split.then(import_returned(moved, part, why, at))


def imported(change: Change, attempt_id: str, refund_id: str, minor: int, at: datetime, ref: str = "") -> Change:
    """The change with a completed refund for money that was refunded at the gateway without us.

    `ref` is the gateway's id of it, "" where it is unknown.
    """
    payment, attempt = change.payment, change.payment.attempt(attempt_id)
    refund = replace(outside_refund(payment, attempt, refund_id, minor, at), refund_ref=ref)
    attempt = replace(attempt, refunded_minor=attempt.refunded_minor + minor)
    attempt = _with_ref(attempt, ref)
    step = Step("refund.imported", refund.id, "", refund.status, minor, f"made at {attempt.gateway}")
    moved, event = recorded(payment.with_attempt(attempt), step, Why(GATEWAY, "status"), at)
    reference = Reference(refund.id, refund.id, refund.gateway)
    records = (refund, overdrawn_case(payment, attempt, refund.id, at)) if attempt.is_overdrawn else (refund,)
    return change.then(Change(moved, (event,), records, (reference,)))


def _with_ref(attempt: Attempt, ref: str) -> Attempt:
    is_known = not ref or ref in attempt.foreign_refunds
    return attempt if is_known else replace(attempt, foreign_refunds=(*attempt.foreign_refunds, ref))


def outside_refund(payment: Payment, attempt: Attempt, refund_id: str, minor: int, at: datetime) -> Refund:
    """A completed refund for money that was refunded without us. No gateway is called for it."""
    return Refund(
        id=refund_id,
        payment_id=payment.id,
        workspace_id=payment.workspace_id,
        attempt_id=attempt.id,
        gateway=attempt.gateway,
        amount=replace(attempt.amount, minor=minor),
        status=Status.COMPLETED,
        reason_code=ReasonCode.OTHER,
        reason_text="",
        actor=GATEWAY,
        created_at=at,
        updated_at=at,
        completed_at=at,
        merchant_order_id=payment.merchant_order_id,
        account_name=attempt.account_name,
    )


def unattributed(
    change: Change, attempt_id: str, minor: int, at: datetime, *, waiting: int = 0, ref: str = ""
) -> Change:
    """The gateway refunded more than this attempt has left. A case asks a person which attempt it belongs to.

    `waiting`: minor units that the payment's open case has already.
    `ref`: the gateway's id of the refund, so that another webhook about it adds nothing; "" for none.
    """
    payment, attempt = change.payment, change.payment.attempt(attempt_id)
    amount = replace(attempt.amount, minor=waiting + minor)
    note = f"{attempt.gateway} gave back {minor} {amount.currency} more than {attempt_id} has left"
    if waiting:
        note += f", and {waiting} {amount.currency} before"
    case = Case(CaseKind.MONEY_RETURNED, payment.id, payment.workspace_id, at, note, payment.id, amount)
    marked = _with_ref(replace(attempt, unattributed_minor=attempt.unattributed_minor + minor), ref)
    step = Step("attempt.money_returned", attempt.id, attempt.status, attempt.status, minor, "not attributed")
    moved, event = recorded(payment.with_attempt(marked), step, Why(GATEWAY, "status"), at)
    return change.then(Change(moved, (event,), (case,)))


def unattributed_came_back(
    payment: Payment, attempt: Attempt, minor: int, case: Case | None, why: Why, at: datetime
) -> Change:
    """Money in a case of unattributed refunds came back. The case's amount is lowered, and at zero the case ends."""
    marked = replace(attempt, unattributed_minor=attempt.unattributed_minor - minor)
    note = f"{minor} {attempt.amount.currency} came back"
    step = Step("attempt.money_back", attempt.id, attempt.status, attempt.status, minor, note)
    moved, event = recorded(payment.with_attempt(marked), step, why, at)
    if case is None or case.amount is None:
        return Change(moved, (event,))
    left = case.amount.minor - minor
    lowered = replace(case, amount=replace(case.amount, minor=left), note=f"{case.note}, and {note}")
    if left <= 0:
        lowered = replace(case, decided_at=at, decided_by=SYSTEM, outcome="ended", decision_note=note)
    return Change(moved, (event,), (lowered,))
