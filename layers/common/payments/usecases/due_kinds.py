"""Kinds of due rows: payment, refund, dispute, delivery. Each has a handler."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from payments.domain.records.event import Why
from payments.record import record
from payments.store.contract.due import Due
from payments.store.contract.errors import StoreError
from payments.usecases.errors import why_of
from payments.usecases.metrics import Metric
from payments.usecases.ports import Ports

WHY = Why("system", "sweep")
AddOne = Callable[[Metric], None]  # Adds 1 to a metric.


@record
class DueKind:
    """How rows of a kind are handled. `handle` returns a row's outcome; `metrics` are those that it may add to."""

    name: str
    handle: Callable[[Due, Ports, AddOne], str]
    metrics: tuple[Metric, ...] = ()


def defer(due: Due, at: datetime | None, ports: Ports) -> None:
    """Set when the row is due again; None takes it out of the index."""
    write_or_log(due, lambda: ports.store.defer(due, at), ports)


def write_or_log(due: Due, write: Callable[[], None], ports: Ports) -> None:
    """Call `write` and log a store's error. The row then stays due for the next sweep."""
    try:
        write()
    except StoreError as failure:
        facts = {"subject_id": due.subject_id, "error": type(failure).__name__, "why": why_of(failure)}
        ports.note("sweep.undeferred", level="WARNING", **facts)
