"""Histories read pages of two rows, where production reads fifty and more: so few rows are needed for a second page."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

from payments.usecases.reconciliation import reports
from payments.usecases.reconciliation import run as reconcile
from payments.usecases.sweep import lanes

_ROWS = 2


@contextmanager
def small_pages() -> Iterator[None]:
    with (
        patch.object(lanes, "PAGE", _ROWS),
        patch.object(reconcile, "PAGE", _ROWS),
        patch.object(reports, "PAGE", _ROWS),
    ):
        yield
