"""Cases and the approvals of a second person: /v1/cases… and /v1/approvals…"""

from __future__ import annotations

from payments import wiring
from payments.api.app import Api
from payments.api.call import Call, Result
from payments.api.case.requests import AnswerRequest, DecisionRequest
from payments.api.case.responses import ApprovalList, ApprovalView, CaseList, CaseView, DecisionView
from payments.api.cursor import APPROVALS, CASES, cursor_of, place_in
from payments.api.query import PageQuery
from payments.api.routes import CASE_DECIDERS, MONEY_MOVERS
from payments.domain.records.case import Outcome
from payments.usecases.case import approve as approvals
from payments.usecases.case import decide, read
from payments.usecases.case.wanted import Wanted

_DECIDES = ("busy", "gateway_unavailable", "case_changed", "decision_not_possible")
api = Api("cases", wiring)


@api.get("/v1/cases", roles=CASE_DECIDERS, query=PageQuery, answer=CaseList)
def list_cases(call: Call, query: PageQuery) -> Result:
    """List what waits for a person, oldest first."""
    page = read.list_cases(call.workspace_id, query.limit, place_in(CASES, query, call.workspace_id), call.ports)
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
    case, approval = decide.decide_case(case_id, wanted, call.context("case decided"))
    shown = ApprovalView.of(approval, call.ports.clock.now()) if approval else None
    return DecisionView(case=CaseView.of(case), approval=shown)


@api.get("/v1/approvals", roles=MONEY_MOVERS, query=PageQuery, answer=ApprovalList)
def list_approvals(call: Call, query: PageQuery) -> Result:
    """List requests for a second person's approval, newest first, answered ones too."""
    page = read.list_approvals(
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


handler = api
