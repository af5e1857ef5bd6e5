"""Whole lists of a workspace, read in pages of two."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from payments.domain.records.approval import Approval
from payments.domain.records.case import Case
from payments.domain.records.dispute import Dispute
from payments.domain.records.payment import Payment
from payments.store.contract.lists import Page
from payments.usecases.case import read as lists
from payments.usecases.dispute import read as disputes
from payments.usecases.dispute.read import DisputeFilter
from payments.usecases.payment import read as status
from payments.usecases.payment.read import PaymentFilter
from payments.usecases.ports import Ports
from payments.usecases.reconciliation import reports
from payments.usecases.reconciliation.compare import Document

T = TypeVar("T")
_PAGE = 2


def list_payments(
    workspace_id: str, since: datetime, until: datetime, of_status: str | None, ports: Ports
) -> list[Payment]:
    def read(cursor: str | None) -> Page[Payment]:
        return status.list_payments(workspace_id, PaymentFilter(since, until, of_status, _PAGE, cursor), ports)

    return _whole(read)


def list_disputes(workspace_id: str, of_status: str | None, due_before: datetime | None, ports: Ports) -> list[Dispute]:
    def read(cursor: str | None) -> Page[Dispute]:
        return disputes.list_disputes(workspace_id, DisputeFilter(of_status, due_before, _PAGE, cursor), ports)

    return _whole(read)


def list_cases(workspace_id: str, ports: Ports) -> list[Case]:
    return _whole(lambda cursor: lists.list_cases(workspace_id, _PAGE, cursor, ports))


def list_approvals(workspace_id: str, ports: Ports) -> list[Approval]:
    return _whole(lambda cursor: lists.list_approvals(workspace_id, _PAGE, cursor, ports))


def list_reports(workspace_id: str, ports: Ports) -> list[Document]:
    return _whole(lambda cursor: reports.list_reports(workspace_id, _PAGE, cursor, ports))


def _whole(read: Callable[[str | None], Page[T]]) -> list[T]:
    page = read(None)
    found = [*page.found]
    while page.next_cursor is not None:
        page = read(page.next_cursor)
        found += page.found
    return found
