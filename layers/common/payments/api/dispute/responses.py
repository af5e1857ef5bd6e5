"""Disputes as the API returns them, and the filter of their list."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

from pydantic import Field

from payments.api.cursor import DISPUTES, place_in
from payments.api.dispute.query import DisputesQuery
from payments.api.view import JsonView
from payments.domain.records.dispute import Dispute, DisputeMoney, DisputePhase, DisputeStatus
from payments.domain.values.clock import to_text
from payments.usecases.dispute.read import DisputeFilter


class DisputeView(JsonView):
    """A dispute. `money` shows whether the gateway debited the amount or returned it to the merchant."""

    dispute_id: str
    payment_id: str
    attempt_id: str
    gateway: str
    account: Annotated[str, Field(description="the gateway account that it is at")]
    dispute_ref: Annotated[str, Field(description="the gateway's id of the dispute, for its dashboard")]
    amount: int
    currency: str
    phase: DisputePhase
    status: DisputeStatus
    money: DisputeMoney
    reason_code: Annotated[str, Field(description="the gateway's own word")]
    wants_answer: Annotated[
        bool, Field(description="whether it is lost unless it is answered at the gateway by respond_by")
    ]
    respond_by: datetime | None
    accepting: Annotated[bool, Field(description="the merchant accepts it, and the gateway has not confirmed that yet")]
    opened_at: datetime
    updated_at: datetime

    @staticmethod
    def of(dispute: Dispute) -> DisputeView:
        return DisputeView(
            dispute_id=dispute.id,
            payment_id=dispute.payment_id,
            attempt_id=dispute.attempt_id,
            gateway=dispute.gateway,
            account=dispute.account_name,
            dispute_ref=dispute.ref,
            amount=dispute.amount.minor,
            currency=dispute.amount.currency,
            phase=dispute.phase,
            status=dispute.status,
            money=dispute.money,
            reason_code=dispute.reason_code,
            wants_answer=dispute.wants_answer,
            respond_by=dispute.respond_by,
            accepting=dispute.is_accepting,
            opened_at=dispute.opened_at,
            updated_at=dispute.updated_at,
        )


class DisputeList(JsonView):
    data: tuple[DisputeView, ...]
    next_cursor: str | None

    @staticmethod
    def of(disputes: Sequence[Dispute], next_cursor: str | None = None) -> DisputeList:
        return DisputeList(data=tuple(map(DisputeView.of, disputes)), next_cursor=next_cursor)


def list_name(query: DisputesQuery) -> str:
    """Return the list's name for its cursors, which includes the filters."""
    due_before = to_text(query.due_before) if query.due_before else "whenever"
    return f"{DISPUTES} {query.status or 'all'} {due_before}"


def filter_of(query: DisputesQuery, workspace_id: str) -> DisputeFilter:
    return DisputeFilter(query.status, query.due_before, query.limit, place_in(list_name(query), query, workspace_id))
