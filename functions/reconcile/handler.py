"""/v1/reconciliations, /v1/cases, and the schedules' jobs: every minute's sweep, every hour's report."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from payments import wiring
from payments.runtime.api import Api, Call, Result
from payments.runtime.lambdas import Context
from payments.runtime.records import CaseList, CaseView, ReportList, ReportView
from payments.runtime.routes import MONEY_MOVERS
from payments.runtime.schemas import CaseClosing, ReconciliationRequest
from payments.runtime.task import Task
from payments.usecases import cases
from payments.usecases import reconcile as usecases
from payments.usecases.parts import Parts
from payments.usecases.sweep import sweep

JOBS = {"sweep": sweep, "report": usecases.hourly_report}
api = Api("reconcile", wiring)


@api.post("/v1/reconciliations", roles=MONEY_MOVERS, body=ReconciliationRequest, answer=ReportView, status=201)
def reconcile(call: Call, asked: ReconciliationRequest) -> Result:
    """Compare a window of payments with the gateway, and mend what differs unless dry_run."""
    created_from, created_to = asked.window(call.parts.clock.now())
    why = call.why("reconcile")
    return ReportView.of(
        usecases.reconcile(call.workspace_id, created_from, created_to, asked.dry_run, why, call.parts)
    )


@api.get("/v1/reconciliations", roles=MONEY_MOVERS, answer=ReportList)
def list_reports(call: Call) -> Result:
    """List the stored reports, newest first."""
    return ReportList.of(usecases.list_reports(call.workspace_id, call.parts))


@api.get("/v1/reconciliations/{reconciliation_id}", roles=MONEY_MOVERS, answer=ReportView)
def read_report(call: Call, reconciliation_id: str) -> Result:
    """Read a stored report."""
    return ReportView.of(usecases.get_report(call.workspace_id, reconciliation_id, call.parts))


@api.get("/v1/cases", roles=MONEY_MOVERS, answer=CaseList)
def list_cases(call: Call) -> Result:
    """List what waits for a person."""
    return CaseList.of(cases.list_cases(call.workspace_id, call.parts))


@api.post("/v1/cases/{case_id}/close", roles=MONEY_MOVERS, body=CaseClosing, answer=CaseView, codes=("busy",))
def close_case(call: Call, asked: CaseClosing, case_id: str) -> Result:
    """Close a case; a payment or refund that it held is looked at again."""
    return CaseView.of(cases.close_case(call.workspace_id, case_id, asked.note, call.why("case closed"), call.parts))


def run_job(event: Mapping[str, Any], parts: Parts) -> dict[str, Any]:
    return JOBS[event["job"]](parts)


jobs = Task(run_job, wiring, budget_s=55.0)


def handler(event: Mapping[str, Any], context: Context) -> dict[str, Any]:
    return jobs(event, context) if "job" in event else api(event, context)
