from __future__ import annotations

import json

import pytest

from payments.api.errors import CODES, Problem, Refusal, problem_of
from payments.gateways.contract.errors import (
    GatewayError,
    Misconfigured,
    OutcomeUnknown,
    Rejected,
    SearchUnfinished,
    Unavailable,
    Unsupported,
    WebhookForged,
)
from payments.store.contract.errors import (
    Conflict,
    InvalidWorkspace,
    NotFound,
    StoreError,
    StoreUnavailable,
    TenantFence,
)
from payments.usecases import errors as usecases

HTTP = {
    usecases.PaymentNotFound: (404, "not_found", False),
    usecases.RefundNotFound: (404, "not_found", False),
    usecases.ReportNotFound: (404, "not_found", False),
    usecases.CaseNotFound: (404, "not_found", False),
    usecases.ApprovalNotFound: (404, "not_found", False),
    usecases.DisputeNotFound: (404, "not_found", False),
    usecases.ApprovalNotAllowed: (409, "approval_not_open", False),
    usecases.CaseChanged: (409, "case_changed", False),
    usecases.DecisionNotPossible: (409, "decision_not_possible", False),
    usecases.OutcomeNotAllowed: (422, "outcome_not_allowed", False),
    usecases.DisputeOpen: (409, "dispute_open", False),
    usecases.DuplicateOrder: (409, "duplicate_order", False),
    usecases.KeyReused: (409, "idempotency_key_reused", False),
    usecases.InProgress: (409, "idempotency_in_progress", True),
    usecases.OutcomePending: (504, "outcome_unknown", True),
    usecases.InvalidState: (409, "invalid_state", False),
    usecases.RefundExceedsPayment: (422, "refund_exceeds_payment", False),
    usecases.RefundCurrencyMismatch: (422, "refund_currency_mismatch", False),
    usecases.RefundBelowMinimum: (422, "refund_below_minimum", False),
    usecases.RefundWindowExpired: (422, "refund_window_expired", False),
    usecases.GatewayNotEligible: (422, "gateway_not_eligible", False),
    usecases.UnsupportedByGateway: (422, "unsupported_by_gateway", False),
    usecases.CaptureExceedsAuthorized: (422, "capture_exceeds_authorized", False),
    usecases.ProofRefused: (422, "proof_refused", False),
    usecases.AmountBelowMinimum: (400, "invalid_amount", False),
    usecases.AmountOffStep: (400, "invalid_amount", False),
    usecases.UnknownGateway: (400, "unknown_gateway", False),
    usecases.GatewayRefused: (502, "gateway_error", False),
    usecases.GatewayDown: (503, "gateway_unavailable", True),
    usecases.Busy: (503, "busy", True),
}

INSIDE: dict[type[Exception], str] = {
    WebhookForged: "invalid_signature",
    Rejected: "gateway_error",
    Unavailable: "gateway_unavailable",
    SearchUnfinished: "gateway_unavailable",
    Misconfigured: "gateway_unavailable",
    OutcomeUnknown: "outcome_unknown",
    Unsupported: "unsupported_by_gateway",
    Conflict: "busy",
    StoreUnavailable: "store_unavailable",
    InvalidWorkspace: "workspace_invalid",
    NotFound: "not_found",
}


def kinds(base: type[Exception]) -> set[type[Exception]]:
    return {kind for direct in base.__subclasses__() for kind in {direct, *kinds(direct)}}


@pytest.mark.parametrize("kind", sorted(kinds(usecases.UseCaseError), key=str), ids=lambda kind: kind.__name__)
def test_every_use_case_error_has_its_answer(kind: type[usecases.UseCaseError]) -> None:
    problem = problem_of(kind("send something else", payment_id="pay_1"))
    error = json.loads(problem.to_json("req-1"))["error"]
    assert (problem.http_status, error["code"], error["retryable"]) == HTTP[kind]
    assert list(error) == ["code", "message", "details", "retryable", "request_id"]


def test_what_is_not_there_is_reported_in_the_same_bytes_whatever_it_was() -> None:
    missing = [usecases.PaymentNotFound("a", x=1), usecases.RefundNotFound("b"), usecases.ReportNotFound("c")]
    assert len({problem_of(error).to_json("req-1") for error in [*missing, Refusal("not_found", "d", y=2)]}) == 1


def test_a_duplicate_order_names_its_payment() -> None:
    problem = problem_of(usecases.DuplicateOrder("read it", payment_id="pay_1"))
    assert json.loads(problem.to_json("req-1"))["error"]["details"] == {"payment_id": "pay_1"}


@pytest.mark.parametrize(
    ("error", "seconds"),
    [
        (usecases.InProgress("wait", retry_after_s=7), "7"),
        (usecases.InProgress("wait"), "2"),
        (usecases.Busy("wait"), "1"),
    ],
)
def test_a_busy_answer_says_when_to_try_again(error: Exception, seconds: str) -> None:
    assert problem_of(error).headers == {"Retry-After": seconds}


SAME_AGAIN = {"idempotency_in_progress", "busy", "gateway_unavailable", "store_unavailable", "workspace_invalid"}


def test_only_what_may_be_sent_again_as_it_is_is_retryable_and_says_when() -> None:
    assert {code for code in CODES if CODES[code].retryable} == SAME_AGAIN | {"outcome_unknown"}
    waits = {code: Problem(code).headers.get("Retry-After") for code in CODES}
    assert {code: wait for code, wait in waits.items() if wait} == {
        "idempotency_in_progress": "2",
        "busy": "1",
        "gateway_unavailable": "5",
        "store_unavailable": "1",
        "workspace_invalid": "60",
    }


STATUSES = {
    400: {"invalid_request", "invalid_amount", "unknown_gateway"},
    401: {"unauthorized", "invalid_signature"},
    403: {"forbidden_role", "tenant_forbidden", "redirect_not_allowed"},
    404: {"not_found"},
    405: {"method_not_allowed"},
    413: {"request_too_large"},
    415: {"unsupported_media_type"},
    500: {"internal_error"},
    502: {"gateway_error"},
    503: {"busy", "gateway_unavailable", "store_unavailable", "workspace_invalid"},
    504: {"outcome_unknown"},
}


def test_each_code_that_is_no_refusal_of_a_payments_state_has_its_status() -> None:
    of_state = (409, 422)
    found = {code: CODES[code].http_status for code in CODES if CODES[code].http_status not in of_state}
    assert found == {code: status for status, codes in STATUSES.items() for code in codes}


def test_the_answer_to_a_forged_webhook_reveals_nothing() -> None:
    error = json.loads(problem_of(WebhookForged("phonepe: wrong password for user x")).to_json("req-1"))["error"]
    assert error["code"] == "invalid_signature"
    assert error["details"] == {}
    assert "phonepe" not in error["message"]


@pytest.mark.parametrize(
    "error", [KeyError("4111"), ValueError("secret"), TenantFence("T#ws"), StoreError("x"), GatewayError("y")]
)
def test_an_unexpected_error_is_an_internal_error_without_its_text(error: Exception) -> None:
    text = problem_of(error).to_json("req-1")
    assert json.loads(text)["error"]["code"] == "internal_error"
    assert all(str(name) not in text for name in ("4111", "secret", "T#ws"))


@pytest.mark.parametrize("kind", sorted({WebhookForged, *kinds(GatewayError), *kinds(StoreError)}, key=str))
def test_texts_of_gateway_and_store_are_not_in_answers(kind: type[Exception]) -> None:
    problem = problem_of(kind("client_secret=abc"))
    assert "abc" not in problem.to_json("req-1")
    assert problem.code == INSIDE.get(kind, "internal_error")


def test_a_route_may_answer_an_error_as_another() -> None:
    hidden = {"unknown_gateway": "not_found"}
    assert problem_of(usecases.UnknownGateway("one of: phonepe", gateways=["phonepe"]), hidden).code == "not_found"
    assert "phonepe" not in problem_of(usecases.UnknownGateway("one of: phonepe"), hidden).to_json("req-1")


@pytest.mark.parametrize("code", CODES)
def test_every_code_has_a_message_of_one_or_more_sentences(code: str) -> None:
    assert CODES[code].message.endswith(".")
    assert 400 <= CODES[code].http_status <= 504
