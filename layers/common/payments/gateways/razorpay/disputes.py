"""Reads Razorpay's disputes. A ValueError names a required field that is missing or malformed.

See docs/gateways/razorpay.md, Disputes.
"""

from __future__ import annotations

from datetime import datetime

from payments.domain.records.dispute import DisputeMoney, DisputePhase, DisputeSnapshot, DisputeStatus
from payments.domain.values.money import Money
from payments.gateways.contract.disputes import DisputePage
from payments.gateways.contract.errors import Rejected
from payments.gateways.kit.reading import code_of, currency_in, object_of, our_id, require_text, text_of, whole_of
from payments.gateways.razorpay.codes import DISPUTE_PHASE, DISPUTE_STATUS, NO_SUCH_ID
from payments.gateways.razorpay.fields import at, ref_of
from payments.gateways.razorpay.requests import seconds
from payments.gateways.razorpay.wire import from_collection
from payments.gateways.transport.http import Answer

_COUNT = 100  # The largest page.


def to_list(since: datetime, until: datetime, cursor: str) -> dict[str, str]:
    """Return the query of a page. `cursor` is the number of disputes to skip, "" for none."""
    times = {"from": str(seconds(since)), "to": str(seconds(until))}
    return {**times, "count": str(_COUNT), "skip": str(_offset_of(cursor))}


def from_list(answer: Answer, cursor: str) -> DisputePage:
    found = tuple(map(from_dispute, from_collection(answer)))
    is_full = len(found) >= _COUNT
    return DisputePage(found, str(_offset_of(cursor) + len(found)) if is_full else "")


def from_dispute(answer: Answer) -> DisputeSnapshot:
    """Return the dispute. Razorpay echoes no id of ours, so `subject_ref` has the payment's id."""
    code, phase_code, minor = require_text(answer, "status"), require_text(answer, "phase"), whole_of(answer, "amount")
    if minor is None:
        raise ValueError("amount")
    status, phase = DISPUTE_STATUS.get(code), DISPUTE_PHASE.get(phase_code)
    return DisputeSnapshot(
        ref=ref_of(answer),
        amount=Money(minor, currency_in(require_text(answer, "currency"))),
        phase=phase,
        status=status,
        reported_status=f"{code_of(answer, 'phase')} {code_of(answer, 'status')}",
        subject_ref=our_id(answer, "payment_id"),
        money=_money(phase, status),
        reason_code=code_of(answer, "reason_code"),
        opened_at=_time(answer, "created_at"),
        respond_by=_time(answer, "respond_by"),
    )


def to_refusal(refusal: Rejected) -> Rejected:
    """Return the refusal with status 404 if the dispute is unknown: Razorpay answers 400 then."""
    description = text_of(object_of(refusal.answer.get("error")), "description")
    if not description.startswith(NO_SUCH_ID):
        return refusal
    return refusal.with_status(404)


def _money(phase: DisputePhase | None, status: DisputeStatus | None) -> DisputeMoney:
    """Razorpay debits the amount when it opens and returns it when it is won; an inquiry only when it is lost."""
    if status is DisputeStatus.LOST:
        return DisputeMoney.DEBITED
    if status is None or phase in (None, DisputePhase.INQUIRY):
        return DisputeMoney.NONE
    return DisputeMoney.RETURNED if status.is_ended else DisputeMoney.DEBITED


def _offset_of(cursor: str) -> int:
    if cursor and not cursor.isdecimal():
        raise ValueError("cursor")
    return int(cursor or 0)


def _time(answer: Answer, name: str) -> datetime | None:
    epoch_s = whole_of(answer, name)
    return at(epoch_s) if epoch_s else None
