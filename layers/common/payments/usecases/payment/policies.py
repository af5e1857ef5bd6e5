"""Settings of a workspace that background work needs. It reads the one that it needs, so that no other can stop it."""

from __future__ import annotations

from collections.abc import Callable

from payments.store.contract.errors import InvalidWorkspace
from payments.usecases.context import Context


def get_late_success(context: Context) -> str:
    """What happens to late money: grant, refund or review.

    Raises:
        InvalidWorkspace: the setting is not of its form. Nothing is concluded, and the sweep asks again.
    """
    try:
        return context.store.get_late_success()
    except InvalidWorkspace as invalid:
        report_invalid(invalid, context.ports.note, context.ports.count)
        raise


def report_invalid(invalid: InvalidWorkspace, note: Callable[..., None], count: Callable[[str, int], None]) -> None:
    """Count it, and log each setting that is not of its form: its name and the form of its value, not the value."""
    count("WorkspaceInvalid", 1)
    for fault in invalid.faults:
        note("workspace.invalid", level="ERROR", workspace_id=invalid.workspace_id, field=fault.field, form=fault.form)
