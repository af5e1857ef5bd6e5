"""Checked near rest: each list of the API shows each thing once, however small its pages."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from payments.domain.payment import Payment
from payments.usecases import deployment, disputes, status
from payments.usecases.parts import Parts
from payments.usecases.status import PaymentFilter
from simulation.aged import wants_answer
from simulation.cloud import Cloud
from simulation.plan import LONGER_THAN_ANY_HISTORY
from simulation.settings import WORKSPACE
from simulation.shop import unheard
from simulation.vigil import Require

Places = dict[str, str]  # By id: in which partition of the index it is listed.

_NO_DATE = {"NULL": True}
PAGE = 2  # Payments of a page.
_LONG = 2 * LONGER_THAN_ANY_HISTORY


class Lists:
    def __init__(self, cloud: Cloud, require: Require) -> None:
        self._cloud, self._require = cloud, require

    def check(self) -> None:
        self._cloud.invoke("status", "read the lists", self._read, unheard)

    def _read(self, parts: Parts) -> object:
        for name, there, shown in (
            ("payments", self._payments, lambda: _payments(parts)),
            ("disputes", self._disputes, lambda: _disputes(parts, None)),
            ("disputes to answer", self._unanswered, lambda: _disputes(parts, parts.clock.now() + _LONG)),
            ("cases", self._cases, lambda: [case.id for case in deployment.list_cases(WORKSPACE, parts)]),
        ):
            self._compare(name, there, shown)
        return None

    def _compare(self, name: str, there: Callable[[], Places], shown: Callable[[], list[str]]) -> None:
        """Others may write meanwhile: what was before and after at the same place must be shown."""
        before = there()
        listed = shown()
        stayed = dict(before.items() & there().items())
        missing = sorted(stayed.keys() - set(listed))
        self._require(not missing, "INV-86", f"the list of {name} leaves out {missing}")
        self._require(len(set(listed)) == len(listed), "INV-86", f"the list of {name} shows one of {listed} twice")

    def _rows(self, table: str, prefix: str) -> Iterator[dict[str, dict[str, Any]]]:
        rows = self._cloud.rows(table)
        return (row for row in rows if row["pk"]["S"].startswith(f"T#{WORKSPACE}#") and prefix in row["sk"]["S"])

    def _payments(self) -> Places:
        rows = self._rows("payment_transactions", "PAYMENT")
        return {row["id"]["S"]: "" for row in rows if row["sk"]["S"] == "PAYMENT"}

    def _disputes(self) -> Places:
        return {row["id"]["S"]: row["list_pk"]["S"] for row in self._rows("payment_disputes", "DSP#")}

    def _unanswered(self) -> Places:
        """Open ones; and those under review of which the gateway wants another answer."""
        rows = self._rows("payment_disputes", "DSP#")
        wanting = (row for row in rows if row["respond_by"] != _NO_DATE and wants_answer(row))
        return {row["id"]["S"]: row["list_pk"]["S"] for row in wanting}

    def _cases(self) -> Places:
        rows = (row for row in self._rows("reconciliation", "") if row["pk"]["S"].endswith("CASE"))
        return {row["sk"]["S"]: "" for row in rows if "decided_at" not in row}


def payments_by_page(since: datetime, until: datetime, parts: Parts) -> Iterator[Payment]:
    cursor = None
    while True:
        page = status.list_payments(WORKSPACE, PaymentFilter(since, until, None, PAGE, cursor), parts)
        yield from page.payments
        cursor = page.next_cursor
        if cursor is None:
            return


def _payments(parts: Parts) -> list[str]:
    now = parts.clock.now()
    return [payment.id for payment in payments_by_page(now - _LONG, now + _LONG, parts)]


def _disputes(parts: Parts, due_before: datetime | None) -> list[str]:
    return [dispute.id for dispute in disputes.list_disputes(WORKSPACE, (), due_before, parts)]
