"""Reads PhonePe's disputes. A ValueError names a required field that is missing or malformed.

Its documents show the ids, the four values of `status` and the list. The names of the other fields are assumed.
See docs/gateways/phonepe.md, Disputes.
"""

from __future__ import annotations

import re
from datetime import datetime

from payments.domain.records.dispute import DisputeMoney, DisputePhase, DisputeSnapshot, DisputeStatus
from payments.domain.values.clock import from_epoch_ms
from payments.domain.values.money import Money
from payments.gateways.contract.disputes import DisputePage
from payments.gateways.contract.errors import Rejected
from payments.gateways.kit.reading import code_of, currency_in, our_id, require_match, require_text, text_of, whole_of
from payments.gateways.phonepe.codes import DISPUTE_STATUS, NO_SUCH_DISPUTE
from payments.gateways.phonepe.fields import DISPUTE_REF
from payments.gateways.transport.http import Answer

_CODES = tuple(DISPUTE_STATUS)
_LIMIT = 100  # The largest page.
_CURSOR = re.compile(rf"({'|'.join(_CODES)}):(\d{{1,6}})")


def to_list(since: datetime, until: datetime, cursor: str) -> dict[str, str]:
    """Return the query of a page. `cursor` is `<status>:<offset>`, because PhonePe lists one status at a time."""
    code, offset = _place(cursor)
    times = {"from": _milliseconds(since), "to": _milliseconds(until)}
    return {**times, "status": code, "offset": str(offset), "limit": str(_LIMIT)}


def from_list(answer: Answer, cursor: str) -> DisputePage:
    said = answer.get("disputes")
    if not isinstance(said, list) or not all(isinstance(one, dict) for one in said):
        raise ValueError("disputes")
    return DisputePage(tuple(map(from_dispute, said)), _after(cursor, len(said)))


def from_dispute(answer: Answer) -> DisputeSnapshot:
    code = require_text(answer, "status")
    status = DISPUTE_STATUS.get(code)
    return DisputeSnapshot(
        ref=require_match(answer, "disputeId", DISPUTE_REF),
        amount=_amount(answer),
        phase=DisputePhase.CHARGEBACK,  # PhonePe has no other phase.
        status=status,
        reported_status=code_of(answer, "status"),
        subject_id=our_id(answer, "merchantOrderId"),
        # Assumed: the amount leaves the merchant's settlement when the dispute is lost.
        money=DisputeMoney.DEBITED if status is DisputeStatus.LOST else DisputeMoney.NONE,
        reason_code=code_of(answer, "reasonCode"),
        opened_at=_time(answer, "createdAt"),
        respond_by=_time(answer, "respondBy"),
    )


def to_refusal(refusal: Rejected) -> Rejected:
    """Return the refusal with status 404 if PhonePe's code says that the dispute is unknown."""
    if refusal.code not in NO_SUCH_DISPUTE:
        return refusal
    return refusal.with_status(404)


def _amount(answer: Answer) -> Money:
    """Return `disputeAmount` or `amount`; the currency is INR if none is named, as for orders."""
    told = [minor for name in ("disputeAmount", "amount") if (minor := whole_of(answer, name)) is not None]
    if not told:
        raise ValueError("disputeAmount")
    return Money(told[0], currency_in(text_of(answer, "currency") or "INR"))


def _place(cursor: str) -> tuple[str, int]:
    found = _CURSOR.fullmatch(cursor or f"{_CODES[0]}:0")
    if not found:
        raise ValueError("cursor")
    return found[1], int(found[2])


def _after(cursor: str, count: int) -> str:
    code, offset = _place(cursor)
    if count >= _LIMIT:
        return f"{code}:{offset + count}"
    later = _CODES[_CODES.index(code) + 1 :]
    return f"{later[0]}:0" if later else ""


def _time(answer: Answer, name: str) -> datetime | None:
    epoch_ms = whole_of(answer, name)
    return from_epoch_ms(epoch_ms) if epoch_ms else None


def _milliseconds(at: datetime) -> str:
    return str(int(at.timestamp() * 1000))
