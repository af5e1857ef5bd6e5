"""Reads Stripe's disputes. A ValueError names a required field that is missing or malformed.

See docs/gateways/stripe.md, Disputes.
"""

from __future__ import annotations

from datetime import datetime

from payments.domain.records.dispute import DisputeMoney, DisputePhase, DisputeSnapshot
from payments.gateways.contract.disputes import DisputePage
from payments.gateways.kit.reading import code_of, object_of, objects_of, require_text
from payments.gateways.stripe.codes import DISPUTE_STATUS
from payments.gateways.stripe.fields import attempt_id_of, id_of, money_of, ref_of, time_at
from payments.gateways.transport.http import Answer

_PAGE_SIZE = 100


def to_list(since: datetime, until: datetime, cursor: str) -> dict[str, str]:
    """Return a query by creation, both ends included. `cursor` is the id of the previous page's last dispute."""
    window = {"created[gte]": str(int(since.timestamp())), "created[lte]": str(int(until.timestamp()))}
    after = {"starting_after": cursor} if cursor else {}
    return {**window, "limit": str(_PAGE_SIZE), "expand[0]": "data.payment_intent", **after}


def from_dispute(answer: Answer) -> DisputeSnapshot:
    amount, code = money_of(answer, "amount"), require_text(answer, "status")
    if amount is None:
        raise ValueError("amount, currency")
    phase, status = DISPUTE_STATUS.get(code, (None, None))
    if status and status.is_ended and object_of(answer.get("evidence")).get("appeal"):
        phase = DisputePhase.PRE_ARBITRATION  # `won` and `lost` do not show the phase.
    return DisputeSnapshot(
        ref=id_of(answer),
        amount=amount,
        phase=phase,
        status=status,
        reported_status=code_of(answer, "status"),
        subject_id=attempt_id_of(object_of(answer.get("payment_intent"))),
        subject_ref=ref_of(answer, "payment_intent"),
        money=_money(objects_of(answer.get("balance_transactions"))),
        reason_code=code_of(answer, "reason"),
        opened_at=time_at(answer, "created"),
        respond_by=time_at(object_of(answer.get("evidence_details")), "due_by"),
    )


def from_list(answer: Answer) -> DisputePage:
    if not isinstance(answer.get("data"), list):
        raise ValueError("data")
    listed = tuple(map(from_dispute, objects_of(answer["data"])))
    return DisputePage(listed, listed[-1].ref if listed and answer.get("has_more") is True else "")


def _money(moves: list[Answer]) -> DisputeMoney:
    """Return where the money is. `moves` are empty, a withdrawal, or a withdrawal and a reinstatement."""
    amounts = [amount for amount in (move.get("amount") for move in moves) if isinstance(amount, int)]
    if not amounts:
        return DisputeMoney.NONE
    return DisputeMoney.DEBITED if sum(amounts) < 0 else DisputeMoney.RETURNED
