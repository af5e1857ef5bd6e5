"""How the sweep checks a dispute that is due."""

from __future__ import annotations

from payments.domain.rules import disputing
from payments.store.contract.due import Due
from payments.usecases.dispute.sync import sync_dispute
from payments.usecases.due_kinds import WHY, AddOne, DueKind, defer
from payments.usecases.metrics import Metric
from payments.usecases.ports import Ports


def _check_dispute(due: Due, ports: Ports, add_one: AddOne) -> str:
    before = ports.store.within(due.workspace_id).get_dispute(due.subject_id)
    if disputing.is_due_soon(before, ports.clock.now()):
        add_one(Metric.DISPUTE_DUE_SOON)
        ports.note(
            "dispute.due_soon", workspace_id=before.workspace_id, payment_id=before.payment_id, subject_id=before.id
        )
    dispute, was_changed = sync_dispute(before.account, before.ref, WHY, ports)
    if was_changed and dispute:
        return "recovered"
    defer(due, disputing.next_check(dispute or before, ports.clock.now()), ports)
    return "open"


DISPUTES = DueKind("dispute", _check_dispute, (Metric.DISPUTE_DUE_SOON,))
