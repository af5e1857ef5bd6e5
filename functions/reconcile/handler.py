"""/v1/reconciliations, /v1/cases, /v1/approvals, and the schedules' jobs: sweep, hourly reports, list of disputes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from payments import wiring
from payments.api.app import Api
from payments.api.call import Call, Result
from payments.api.case.requests import AnswerRequest, DecisionRequest
from payments.api.case.responses import ApprovalList, ApprovalView, CaseList, CaseView, DecisionView
from payments.api.cursor import APPROVALS, CASES, REPORTS, cursor_of, place_in, window_of
from payments.api.query import PageQuery
from payments.api.reconciliation.requests import ReconciliationRequest
from payments.api.reconciliation.responses import ReportList, ReportView
from payments.api.routes import CASE_DECIDERS, MONEY_MOVERS
from payments.domain.records.case import Outcome
from payments.runtime.invocation import LambdaContext
from payments.runtime.task import Task
from payments.usecases.case import approve as approvals
from payments.usecases.case import deployment
from payments.usecases.case.decide import Wanted
from payments.usecases.dispute import import_list as dispute_list
from payments.usecases.ports import Ports
from payments.usecases.reconciliation import reports
from payments.usecases.reconciliation import run as usecases
from payments.usecases.sweep.run import sweep

_DECIDES = ("busy", "gateway_unavailable", "case_changed", "decision_not_possible")
JOBS = {"sweep": sweep, "report": reports.hourly_report, "disputes": dispute_list.sync_listed}
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


@api.get("/v1/cases", roles=CASE_DECIDERS, query=PageQuery, answer=CaseList)
def list_cases(call: Call, query: PageQuery) -> Result:
    """List what waits for a person, oldest first."""
    page = deployment.list_cases(call.workspace_id, query.limit, place_in(CASES, query, call.workspace_id), call.ports)
    return CaseList.of(page.found, cursor_of(CASES, page, call.workspace_id))


@api.post(
    "/v1/cases/{case_id}/decision",
    roles=CASE_DECIDERS,
    body=DecisionRequest,
    answer=DecisionView,
    codes=(*_DECIDES, "outcome_not_allowed"),
)
def decide_case(call: Call, body: DecisionRequest, case_id: str) -> Result:
    """Decide a case, which ends it; above the workspace's limit a second person must approve."""
    wanted = Wanted(Outcome(body.outcome), body.note, body.reference, body.attempt_id, body.payment_id)
    case, approval = deployment.decide_case(case_id, wanted, call.context("case decided"))
    shown = ApprovalView.of(approval, call.ports.clock.now()) if approval else None
    return DecisionView(case=CaseView.of(case), approval=shown)


@api.get("/v1/approvals", roles=MONEY_MOVERS, query=PageQuery, answer=ApprovalList)
def list_approvals(call: Call, query: PageQuery) -> Result:
    """List requests for a second person's approval, newest first, answered ones too."""
    page = approvals.list_approvals(
        call.workspace_id, query.limit, place_in(APPROVALS, query, call.workspace_id), call.ports
    )
    return ApprovalList.of(page.found, cursor_of(APPROVALS, page, call.workspace_id), call.ports.clock.now())


@api.post(
    "/v1/approvals/{approval_id}/approve",
    roles=MONEY_MOVERS,
    body=AnswerRequest,
    answer=ApprovalView,
    codes=(*_DECIDES, "approval_not_open"),
)
def approve_request(call: Call, body: AnswerRequest, approval_id: str) -> Result:
    """Approve the request of another owner or finance; it is carried out at once."""
    approval = approvals.approve(approval_id, body.note, call.context("approved"))
    return ApprovalView.of(approval, call.ports.clock.now())


@api.post(
    "/v1/approvals/{approval_id}/refuse",
    roles=MONEY_MOVERS,
    body=AnswerRequest,
    answer=ApprovalView,
    codes=("busy", "approval_not_open"),
)
def refuse_request(call: Call, body: AnswerRequest, approval_id: str) -> Result:
    """Refuse the request of another owner or finance; the case stays open."""
    approval = approvals.refuse(approval_id, body.note, call.context("refused"))
    return ApprovalView.of(approval, call.ports.clock.now())


def run_job(event: Mapping[str, Any], ports: Ports) -> dict[str, Any]:
    return JOBS[event["job"]](ports)


jobs = Task(run_job, wiring, budget_s=55.0)


def handler(event: Mapping[str, Any], context: LambdaContext) -> dict[str, Any]:
    return jobs(event, context) if "job" in event else api(event, context)
