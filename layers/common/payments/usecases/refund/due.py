"""How the sweep checks a refund that is due."""

from __future__ import annotations

from datetime import timedelta

from payments.domain.records.refund import Refund
from payments.domain.rules import refunding
from payments.store.contract.due import Due
from payments.usecases.due_kinds import WHY, AddOne, DueKind, defer
from payments.usecases.metrics import Metric
from payments.usecases.ports import Ports
from payments.usecases.refund.sync import sync_refund

_REFUND_ALARM = timedelta(hours=24)


def _check_refund(due: Due, ports: Ports, add_one: AddOne) -> str:
    context = ports.context(due.workspace_id, WHY)
    payment, before = context.store.get_refunding(due.stream_id, due.subject_id)
    _count_if_open_long(before, ports, add_one)
    refund, was_changed = sync_refund(due.stream_id, due.subject_id, context)
    if was_changed:
        return "recovered"
    one_at_a_time = ports.gateway(refund.account).has_one_refund_at_a_time
    is_waiting = refunding.waits_for_dispute(payment, refund) or not refunding.may_be_sent(
        payment, refund, one_at_a_time=one_at_a_time
    )
    defer(due, refunding.next_check_at(refund, ports.clock.now(), is_waiting=is_waiting), ports)
    return "waiting" if is_waiting else "open"


def _count_if_open_long(refund: Refund, ports: Ports, add_one: AddOne) -> None:
    if refund.status.is_open and ports.clock.now() - refund.created_at > _REFUND_ALARM:
        add_one(Metric.REFUND_OVER_24_HOURS)
        ports.note(
            "refund.open_long", workspace_id=refund.workspace_id, payment_id=refund.payment_id, refund_id=refund.id
        )


REFUNDS = DueKind("refund", _check_refund, (Metric.REFUND_OVER_24_HOURS,))
