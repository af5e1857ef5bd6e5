"""How a sweep handles one kind of row of the due index."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from payments.domain.records.event import Why
from payments.record import record
from payments.store.contract.due import Due
from payments.store.contract.errors import StoreError
from payments.usecases.errors import why_of
from payments.usecases.parts import Parts

WHY = Why("system", "sweep")
Gauge = Callable[[str], None]  # Adds 1 to a metric.


@record
class DueKind:
    """`handle` asks about one row and says what came of it; `gauges` are the metrics that it may add to."""

    name: str
    handle: Callable[[Due, Parts, Gauge], str]
    gauges: tuple[str, ...] = ()


def defer(due: Due, at: datetime | None, parts: Parts) -> None:
    """Set when the row is due again; None takes it out of the index."""
    save(due, lambda: parts.store.defer(due, at), parts)


def save(due: Due, write: Callable[[], None], parts: Parts) -> None:
    """What the store does not take is logged: the row stays due, and the next sweep finds it."""
    try:
        write()
    except StoreError as failure:
        facts = {"subject_id": due.subject_id, "error": type(failure).__name__, "why": why_of(failure)}
        parts.note("sweep.undeferred", level="WARNING", **facts)
