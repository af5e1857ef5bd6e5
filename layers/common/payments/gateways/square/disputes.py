"""Reads Square's disputes. See docs/gateways/square.md, Disputes."""

from __future__ import annotations

from datetime import datetime

from payments.domain.records.dispute import DisputeMoney, DisputeSnapshot, DisputeStatus
from payments.gateways.contract.disputes import DisputePage
from payments.gateways.kit.reading import code_of, object_of, objects_of, require_text, text_of, time_of
from payments.gateways.square.codes import DISPUTE_STATE
from payments.gateways.square.fields import id_of, money_of, ref_of
from payments.gateways.transport.http import Answer


def to_list(location_id: str, cursor: str) -> dict[str, str]:
    return {"location_id": location_id} | ({"cursor": cursor} if cursor else {})


def from_dispute(answer: Answer) -> DisputeSnapshot:
    return _snapshot(object_of(answer.get("dispute")))


def from_list(answer: Answer, since: datetime, until: datetime) -> DisputePage:
    """Return the page's disputes opened or changed from `since` to `until`: Square's list has no filter by time."""
    listed = [each for each in objects_of(answer.get("disputes")) if _is_within(each, since, until)]
    return DisputePage(tuple(map(_snapshot, listed)), text_of(answer, "cursor"))


def _snapshot(dispute: Answer) -> DisputeSnapshot:
    phase, status = DISPUTE_STATE.get(require_text(dispute, "state"), (None, None))
    return DisputeSnapshot(
        ref=id_of(dispute, "id" if dispute.get("id") else "dispute_id"),
        amount=money_of(dispute, "amount_money"),
        phase=phase,
        status=status,
        reported_status=code_of(dispute, "state"),
        subject_ref=ref_of(object_of(dispute.get("disputed_payment")), "payment_id"),
        # Square debits a lost or accepted dispute. For an open one no field shows where the money is.
        money=DisputeMoney.DEBITED if status is DisputeStatus.LOST else DisputeMoney.NONE,
        reason_code=code_of(dispute, "reason"),
        opened_at=time_of(dispute, "created_at") or time_of(dispute, "reported_at"),
        respond_by=time_of(dispute, "due_at"),
    )


def _is_within(dispute: Answer, since: datetime, until: datetime) -> bool:
    times = [at for at in (time_of(dispute, name) for name in ("created_at", "reported_at", "updated_at")) if at]
    return not times or any(since <= at <= until for at in times)
