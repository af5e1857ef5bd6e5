"""Read what waits for a person: cases and approvals."""

from __future__ import annotations

from payments.domain.records.approval import Approval
from payments.domain.records.case import DEPLOYMENT, Case
from payments.store.contract.lists import Page
from payments.usecases.ports import Ports


def list_cases(workspace_id: str, limit: int, cursor: str | None, ports: Ports) -> Page[Case]:
    """A page of open cases, oldest first: of the workspace, or in `_deployment` of no workspace."""
    store = ports.store if workspace_id == DEPLOYMENT else ports.store.within(workspace_id)
    return store.list_cases(limit, cursor)


def list_approvals(workspace_id: str, limit: int, cursor: str | None, ports: Ports) -> Page[Approval]:
    """A page of the workspace's approvals, newest first, with answered and lapsed ones."""
    return ports.store.within(workspace_id).list_approvals(limit, cursor)
