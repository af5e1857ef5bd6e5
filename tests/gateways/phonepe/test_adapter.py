"""Requests to PhonePe, and the errors that its refusals become."""

from __future__ import annotations

import json
from dataclasses import replace
from urllib.parse import parse_qs

import httpx
import pytest

from payments.domain.records.refund import GATEWAY
from payments.domain.records.snapshot import Snapshot
from payments.domain.values.account import Account
from payments.domain.values.status import Status
from payments.gateways.contract.errors import OutcomeUnknown, Rejected
from payments.gateways.registry import build_gateway
from tests.gateways.fakes import (
    SIMULATOR,
    FakeDeployment,
    Wire,
    an_attempt,
    an_order,
    parts,
)
from tests.gateways.phonepe.calls import ATTEMPT, BASES, CALLS, PAGE, PRODUCTION, REFUND, SANDBOX, a_gateway, answers

PATHS = {
    "create_checkout": ("POST", "/checkout/v2/pay"),
    "fetch_payment": ("GET", f"/checkout/v2/order/{ATTEMPT.id}/status"),
    "create_refund": ("POST", "/payments/v2/refund"),
    "fetch_refund": ("GET", f"/payments/v2/refund/{REFUND.id}/status"),
}


@pytest.mark.parametrize("deployment", BASES, ids=lambda deployment: deployment.gateway_mode)
@pytest.mark.parametrize("call", CALLS)
def test_every_call_goes_to_its_documented_address(call: str, deployment: FakeDeployment) -> None:
    wire = answers(400, code="BAD_REQUEST")
    with pytest.raises(Rejected):
        CALLS[call](a_gateway(wire, deployment))
    method, path = PATHS[call]
    (sent,) = wire.sent
    assert (sent.method, str(sent.url).partition("?")[0]) == (method, BASES[deployment] + path)
    assert sent.headers["authorization"] == "O-Bearer tok1"
    assert sent.headers["accept"] == "application/json"


@pytest.mark.parametrize(
    ("deployment", "url"),
    [
        (SANDBOX, "https://api-preprod.phonepe.com/apis/pg-sandbox/v1/oauth/token"),
        (PRODUCTION, "https://api.phonepe.com/apis/identity-manager/v1/oauth/token"),
        (FakeDeployment(), f"{SIMULATOR}/apis/pg-sandbox/v1/oauth/token"),
    ],
    ids=["sandbox", "production", "simulator"],
)
def test_the_token_is_requested_in_a_form_at_its_own_host(deployment: FakeDeployment, url: str) -> None:
    wanted: list[httpx.Request] = []
    wire = answers(state="PENDING")

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("token"):
            wanted.append(request)
        return wire(request)

    build_gateway(Account("phonepe"), parts(answer, deployment)).fetch_payment(ATTEMPT)
    assert str(wanted[0].url) == url
    assert parse_qs(wanted[0].content.decode()) == {
        "client_id": ["PAVATISIM"],
        "client_secret": ["sim-client-secret"],
        "client_version": ["1"],
        "grant_type": ["client_credentials"],
    }
    assert wanted[0].headers["content-type"] == "application/x-www-form-urlencoded"
    assert "authorization" not in wanted[0].headers


def test_a_checkout_is_requested_as_json() -> None:
    wire = answers(orderId="OMO1", redirectUrl=PAGE)
    a_gateway(wire).create_checkout(ATTEMPT, an_order())
    assert wire.sent[0].headers["content-type"] == "application/json"
    assert json.loads(wire.sent[0].content)["merchantOrderId"] == ATTEMPT.id


def test_the_status_call_requests_error_details_and_every_try() -> None:
    """A second try that also succeeded shows nowhere else."""
    wire = answers(state="PENDING")
    a_gateway(wire).fetch_payment(ATTEMPT)
    assert dict(wire.sent[0].url.params) == {"details": "true", "errorContext": "true"}


def test_an_id_cannot_change_the_route() -> None:
    wire = answers(state="PENDING")
    a_gateway(wire).fetch_payment(an_attempt("../../v1/oauth?x#y"))
    assert wire.sent[0].url.raw_path.startswith(b"/apis/pg-sandbox/checkout/v2/order/..%2F..%2Fv1%2Foauth%3Fx%23y/")


@pytest.mark.parametrize(
    "url",
    [
        PAGE,
        "https://mercury-t2.phonepe.com/transact/pgv2?token=x",
    ],
)
def test_a_payer_is_sent_to_phonepe(url: str) -> None:
    assert (
        a_gateway(answers(orderId="OMO1", redirectUrl=url)).create_checkout(ATTEMPT, an_order()).next_action.url == url
    )


ELSEWHERE = [
    "http://mercury-uat.phonepe.com/transact",
    "https://phonepe.com.evil.example/transact",
    "https://evil-phonepe.com/transact",
    "https://mercury.phonepe.com@evil.example/",
    "https://mercury.phonepe.com:8443/transact",
    "https://evil.example/?.phonepe.com/",
    "https://mercury-uat.phonepe.com/tran sact",
    "https://mercury-uat.phonepe.com",
    "javascript:alert(1)//.phonepe.com/",
    f"{SIMULATOR}/transact/1",
    "",
    None,
    5,
]


@pytest.mark.parametrize("url", ELSEWHERE)
@pytest.mark.parametrize("deployment", [SANDBOX, PRODUCTION], ids=["sandbox", "production"])
def test_a_payer_is_sent_nowhere_else(url: object, deployment: FakeDeployment) -> None:
    with pytest.raises(OutcomeUnknown, match="redirectUrl"):
        a_gateway(answers(orderId="OMO1", redirectUrl=url), deployment).create_checkout(ATTEMPT, an_order())


@pytest.mark.parametrize("url", [f"{SIMULATOR}.evil.example/x", f"{SIMULATOR}1/x", "http://127.0.0.1:9999/x", PAGE])
def test_a_simulators_payer_stays_at_the_simulator(url: str) -> None:
    with pytest.raises(OutcomeUnknown):
        a_gateway(answers(redirectUrl=url), FakeDeployment()).create_checkout(ATTEMPT, an_order())
    own = a_gateway(answers(redirectUrl=f"{SIMULATOR}/transact/1"), FakeDeployment())
    assert own.create_checkout(ATTEMPT, an_order()).next_action.url == f"{SIMULATOR}/transact/1"


EXISTS = [
    ("create_checkout", 417, "INVALID_TRANSACTION_ID"),
    ("create_checkout", 417, "INVALID_MERCHANT_ORDER_ID"),
    ("create_checkout", 400, "INVALID_MERCHANT_ORDER_ID"),
    ("create_checkout", 400, "INVALID_TRANSACTION_ID"),
    ("create_checkout", 400, "DUPLICATE_REQUEST_ID"),
    ("create_checkout", 409, "CONFLICT"),
    ("create_refund", 417, "INVALID_TRANSACTION_ID"),
    ("create_refund", 400, "INVALID_TRANSACTION_ID"),
    ("create_refund", 417, "SOMETHING_ELSE"),
    ("create_refund", 400, "DUPLICATE_REQUEST_ID"),
]


@pytest.mark.parametrize(("call", "http_status", "code"), EXISTS)
def test_a_used_id_means_that_it_exists_and_its_answer_is_lost(call: str, http_status: int, code: str) -> None:
    with pytest.raises(OutcomeUnknown) as raised:
        CALLS[call](a_gateway(answers(http_status, code=code)))
    assert (raised.value.code, raised.value.http_status) == (code, http_status)


REFUSED = [
    ("create_checkout", 400, "BAD_REQUEST"),
    ("create_checkout", 403, "FORBIDDEN"),
    ("fetch_payment", 404, "KEY_NOT_CONFIGURED"),
    ("fetch_payment", 400, "BAD_REQUEST"),
    ("create_refund", 400, "EXCESS_REFUND_AMOUNT"),
    ("create_refund", 400, "REFUND_NOT_ALLOWED"),
    ("create_refund", 400, "INVALID_MERCHANT_ORDER_ID"),
    ("create_refund", 402, "REFUND_FOR_TXN_OLDER_THAN_LIMIT"),
    ("fetch_refund", 400, "INVALID_MERCHANT_ORDER_ID"),
    ("fetch_refund", 404, "KEY_NOT_CONFIGURED"),
]


@pytest.mark.parametrize(("call", "http_status", "code"), REFUSED)
def test_a_definite_refusal_is_rejected(call: str, http_status: int, code: str) -> None:
    with pytest.raises(Rejected) as raised:
        CALLS[call](a_gateway(answers(http_status, code=code)))
    assert (raised.value.code, raised.value.http_status) == (code, http_status)


@pytest.mark.parametrize(
    ("call", "code"),
    [("fetch_payment", "INVALID_MERCHANT_ORDER_ID"), ("fetch_refund", "INVALID_MERCHANT_REFUND_ID")],
)
def test_what_phonepe_does_not_know_is_only_created(call: str, code: str) -> None:
    assert CALLS[call](a_gateway(answers(400, code=code))) == Snapshot(Status.CREATED)


@pytest.mark.parametrize("ref", [{"checkout_ref": "OMO1"}, {"payment_ref": "OM1"}])
def test_what_phonepe_has_named_itself_is_not_called_absent(ref: dict[str, str]) -> None:
    with pytest.raises(Rejected):
        a_gateway(answers(400, code="INVALID_MERCHANT_ORDER_ID")).fetch_payment(replace(ATTEMPT, **ref))  # type: ignore[arg-type]
    unknown = a_gateway(answers(400, code="INVALID_MERCHANT_REFUND_ID"))
    with pytest.raises(Rejected):
        unknown.fetch_refund(replace(REFUND, refund_ref="OMR1"), ATTEMPT)


def test_a_refund_that_was_made_there_is_not_known_there_by_our_id_of_it() -> None:
    unknown = a_gateway(answers(400, code="INVALID_MERCHANT_REFUND_ID"))
    foreign = replace(REFUND, refund_ref="OMR1", actor=GATEWAY)
    assert unknown.fetch_refund(foreign, ATTEMPT) == Snapshot(Status.CREATED)


def test_a_product_that_is_not_enabled_is_reported_so() -> None:
    with pytest.raises(Rejected, match="not enabled"):
        a_gateway(answers(400, code="BAD_REQUEST", message="Bad Request - Api Mapping Not Found")).fetch_payment(
            ATTEMPT
        )


def test_a_refused_token_is_renewed_once_and_the_write_sent_once_more() -> None:
    seen: list[tuple[str, bytes]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append((request.headers["authorization"], request.content))
        is_good = request.headers["authorization"] == "O-Bearer tok2"
        return httpx.Response(200, json={"orderId": "OMO1", "redirectUrl": PAGE}) if is_good else httpx.Response(401)

    assert a_gateway(Wire(answer)).create_checkout(ATTEMPT, an_order()).ref == "OMO1"
    assert [value for value, _ in seen] == ["O-Bearer tok1", "O-Bearer tok2"]
    assert seen[0][1] == seen[1][1]
