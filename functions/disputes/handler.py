"""/v1/disputes… and /v1/payments/{payment_id}/disputes, and the job of their daily list."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from payments import wiring
from payments.api.app import Api
from payments.api.call import Call, Result
from payments.api.cursor import cursor_of
from payments.api.dispute.query import DisputesQuery
from payments.api.dispute.requests import AcceptRequest
from payments.api.dispute.responses import DisputeList, DisputeView, filter_of, list_name
from payments.api.form import NoFields
from payments.api.routes import ASKS_GATEWAY, MONEY_MOVERS, TIMELINE_READERS
from payments.runtime.invocation import LambdaContext
from payments.runtime.task import Task
from payments.usecases.dispute import accept, import_list, read, refresh
from payments.usecases.ports import Ports

JOBS = {"disputes": import_list.sync_listed}
api = Api("disputes", wiring)


@api.get("/v1/disputes", roles=TIMELINE_READERS, query=DisputesQuery, answer=DisputeList)
def list_disputes(call: Call, query: DisputesQuery) -> Result:
    """List disputes, newest first."""
    page = read.list_disputes(call.workspace_id, filter_of(query, call.workspace_id), call.ports)
    return DisputeList.of(page.found, cursor_of(list_name(query), page, call.workspace_id))


@api.get("/v1/disputes/{dispute_id}", roles=TIMELINE_READERS, answer=DisputeView)
def get_dispute(call: Call, dispute_id: str) -> Result:
    """Read a dispute."""
    return DisputeView.of(read.get_dispute(call.workspace_id, dispute_id, call.ports))


@api.get("/v1/payments/{payment_id}/disputes", roles=TIMELINE_READERS, answer=DisputeList)
def list_payment_disputes(call: Call, payment_id: str) -> Result:
    """List a payment's disputes, oldest first."""
    return DisputeList.of(read.list_payment_disputes(call.workspace_id, payment_id, call.ports))


@api.post(
    "/v1/disputes/{dispute_id}/accept",
    roles=MONEY_MOVERS,
    body=AcceptRequest,
    answer=DisputeView,
    codes=(*ASKS_GATEWAY, "busy", "invalid_state", "unsupported_by_gateway"),
)
def accept_dispute(call: Call, body: AcceptRequest, dispute_id: str) -> Result:
    """Accept a dispute, which loses it."""
    return DisputeView.of(accept.accept_dispute(dispute_id, body.reason, call.context("dispute accepted")))


@api.post(
    "/v1/disputes/{dispute_id}/refresh",
    roles=MONEY_MOVERS,
    body=NoFields,
    answer=DisputeView,
    codes=("busy", "gateway_error", "gateway_unavailable", "unsupported_by_gateway"),
)
def refresh_dispute(call: Call, body: NoFields, dispute_id: str) -> Result:
    """Ask the gateway about a dispute now."""
    return DisputeView.of(refresh.refresh_dispute(dispute_id, call.context("refresh")))


def run_job(event: Mapping[str, Any], ports: Ports) -> dict[str, Any]:
    return JOBS[event["job"]](ports)


jobs = Task(run_job, wiring, budget_s=55.0)


def handler(event: Mapping[str, Any], context: LambdaContext) -> dict[str, Any]:
    return jobs(event, context) if "job" in event else api(event, context)
