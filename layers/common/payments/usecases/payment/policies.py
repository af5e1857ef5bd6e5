"""Settings for background work. Each is read alone, so that another, invalid setting does not stop the work."""

from __future__ import annotations

from collections.abc import Callable

from payments.store.contract.errors import InvalidWorkspace
from payments.usecases.context import Context
from payments.usecases.metrics import Metric


def get_late_success(context: Context) -> str:
    """The workspace's setting for a late success: grant, refund or review.

    Raises:
        InvalidWorkspace: the setting is invalid. Nothing is written, and the sweep tries again.
    """
    try:
        return context.store.get_late_success()
    except InvalidWorkspace as invalid:
        report_invalid(invalid, context.ports.note, context.ports.count)
        raise


def report_invalid(invalid: InvalidWorkspace, note: Callable[..., None], count: Callable[[Metric, int], None]) -> None:
    """Count and log the invalid settings. A log line has the form of a value, never the value."""
    count(Metric.WORKSPACE_INVALID, 1)
    for fault in invalid.faults:
        note("workspace.invalid", level="ERROR", workspace_id=invalid.workspace_id, field=fault.field, form=fault.form)
