"""Handle one due row. If that fails, the row is due again later."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from payments.gateways.kit.call_record import record_calls
from payments.record import record
from payments.store.contract.due import Due
from payments.usecases.dispute.due import DISPUTES
from payments.usecases.due_kinds import AddOne, DueKind, write_or_log
from payments.usecases.errors import why_of
from payments.usecases.metrics import Metric
from payments.usecases.payment.due import PAYMENTS
from payments.usecases.ports import Ports
from payments.usecases.refund.due import REFUNDS
from payments.usecases.webhook.due import DELIVERIES

_KINDS = (DELIVERIES, PAYMENTS, REFUNDS, DISPUTES)  # In the order in which a sweep reads them.
_BY_NAME: Mapping[str, DueKind] = {kind.name: kind for kind in _KINDS}
KINDS = tuple(_BY_NAME)
ROW_METRICS = tuple(metric for kind in _KINDS for metric in kind.metrics)
_BACK_OFF = tuple(timedelta(minutes=minutes) for minutes in (1, 2, 4, 8, 15))


@record
class RowResult:
    """The outcome of one row, and the metrics that it adds 1 to."""

    due: Due
    outcome: str  # open | waiting | recovered | failed | delivery …
    answered: Mapping[str, bool]  # By gateway that was called: whether it answered every call.
    metrics: tuple[Metric, ...] = ()


def sweep_row(due: Due, ports: Ports) -> RowResult:
    """Handle a row. If that fails, it is due again later, at growing intervals."""
    metrics: list[Metric] = []
    with record_calls() as answered:
        outcome = _handle(due, ports, metrics.append)
    return RowResult(due, outcome, answered, tuple(metrics))


def _handle(due: Due, ports: Ports, add_one: AddOne) -> str:
    try:
        return _BY_NAME[due.kind].handle(due, ports, add_one)
    except Exception as failure:  # noqa: BLE001  Whatever one row holds, the sweep goes on: it is the guarantee.
        facts = {
            "gateway": due.gateway,
            "kind": due.kind,
            "subject_id": due.subject_id,
            "error": type(failure).__name__,
        }
        ports.note("sweep.failed", level="WARNING", **facts, why=why_of(failure))
        write_or_log(due, lambda: ports.store.back_off(due, _BACK_OFF, ports.clock.now()), ports)
        return "failed"
