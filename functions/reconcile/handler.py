"""/v1/reconciliations, and the job of the hourly reports."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from payments import wiring
from payments.api.app import Api
from payments.api.call import Call, Result
from payments.api.cursor import REPORTS, cursor_of, place_in, window_of
from payments.api.query import PageQuery
from payments.api.reconciliation.requests import ReconciliationRequest
from payments.api.reconciliation.responses import ReportList, ReportView
from payments.api.routes import MONEY_MOVERS
from payments.runtime.invocation import LambdaContext
from payments.runtime.task import Task
from payments.usecases.ports import Ports
from payments.usecases.reconciliation import reports
from payments.usecases.reconciliation import run as usecases

JOBS = {"report": reports.hourly_report}
api = Api("reconcile", wiring)


@api.post("/v1/reconciliations", roles=MONEY_MOVERS, body=ReconciliationRequest, answer=ReportView, status=201)
def create_reconciliation(call: Call, body: ReconciliationRequest) -> Result:
    """Compare a window of payments with the gateways, and mend what differs unless dry_run."""
    window = window_of(body, call.ports.clock.now(), call.workspace_id)
    return ReportView.of(usecases.reconcile(window, body.dry_run, call.context("reconcile")))


@api.get("/v1/reconciliations", roles=MONEY_MOVERS, query=PageQuery, answer=ReportList)
def list_reconciliations(call: Call, query: PageQuery) -> Result:
    """List the stored reports, newest first."""
    page = reports.list_reports(call.workspace_id, query.limit, place_in(REPORTS, query, call.workspace_id), call.ports)
    return ReportList.of(page.found, cursor_of(REPORTS, page, call.workspace_id))


@api.get("/v1/reconciliations/{reconciliation_id}", roles=MONEY_MOVERS, answer=ReportView)
def get_reconciliation(call: Call, reconciliation_id: str) -> Result:
    """Read a stored report."""
    return ReportView.of(reports.get_report(call.workspace_id, reconciliation_id, call.ports))


def run_job(event: Mapping[str, Any], ports: Ports) -> dict[str, Any]:
    return JOBS[event["job"]](ports)


jobs = Task(run_job, wiring, budget_s=55.0)


def handler(event: Mapping[str, Any], context: LambdaContext) -> dict[str, Any]:
    return jobs(event, context) if "job" in event else api(event, context)
