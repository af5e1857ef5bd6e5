"""Requests to Square, and the errors that its refusals become."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from payments.domain.records.snapshot import Snapshot
from payments.domain.values.status import FailureCode, Status
from payments.domain.values.terms import CaptureMode, MethodType, Terms
from payments.gateways.contract.errors import GatewayError, OutcomeUnknown, Rejected, Unavailable, Unsupported
from payments.gateways.contract.gateway import abilities
from tests.gateways.fakes import FakeDeployment, an_order
from tests.gateways.square.calls import (
    ADDRESSES,
    ATTEMPT,
    AUTHORIZED,
    CALLS,
    DIRECT,
    LINK,
    OPENED,
    PAID,
    PRODUCTION,
    REFUND,
    SANDBOX,
    SIMULATOR,
    WRITES,
    a_gateway,
    a_payment,
    a_refund_answer,
    an_error,
    an_sq_order,
    answers,
    response,
)

HOSTS = {
    SANDBOX: "https://connect.squareupsandbox.com",
    PRODUCTION: "https://connect.squareup.com",
    FakeDeployment(): SIMULATOR,
}


@pytest.mark.parametrize("deployment", HOSTS, ids=lambda deployment: deployment.gateway_mode)
@pytest.mark.parametrize("call", CALLS)
def test_every_call_goes_to_its_address_with_token_and_version(call: str, deployment: FakeDeployment) -> None:
    wire = answers(400, **an_error("BAD_REQUEST"))
    with pytest.raises(Rejected):
        CALLS[call](a_gateway(wire, deployment))
    method, path = ADDRESSES[call]
    sent = wire.sent[0]
    assert (sent.method, str(sent.url).partition("?")[0]) == (method, HOSTS[deployment] + path)
    assert sent.headers["authorization"] == "Bearer EAAAtestToken"
    assert sent.headers["square-version"] == "2026-09-16"


def test_what_square_can_is_read_off_its_methods() -> None:
    assert abilities(a_gateway(answers())) == {
        "capture": True,
        "cancel": True,
        "charge": True,
        "verify": False,
        "partial_capture": True,
    }


def test_a_link_is_requested_with_our_id_and_the_way_home() -> None:
    wire = answers(payment_link=LINK)
    checkout = a_gateway(wire).create_checkout(ATTEMPT, an_order())
    assert response(wire) == {
        "idempotency_key": ATTEMPT.id,
        "order": {
            "location_id": "L1",
            "reference_id": ATTEMPT.id,
            "line_items": [
                {"name": "ORD-1", "quantity": "1", "base_price_money": {"amount": 49900, "currency": "USD"}}
            ],
        },
        "checkout_options": {"redirect_url": "https://shop.example/back", "allow_tipping": False},
        "payment_note": "pay_01JD0000000000000000000001 ORD-1",
    }
    assert (checkout.ref, checkout.webhook_ref, checkout.expires_at) == ("ORDER1/LINK1", "ORDER1", None)


def test_a_card_only_link_offers_no_wallet() -> None:
    wire = answers(payment_link=LINK)
    a_gateway(wire).create_checkout(replace(ATTEMPT, terms=Terms(MethodType.CARD)), an_order())
    offered = response(wire)["checkout_options"]["accepted_payment_methods"]
    assert offered == {"apple_pay": False, "google_pay": False, "cash_app_pay": False, "afterpay_clearpay": False}


@pytest.mark.parametrize("is_manual", [False, True])
def test_a_token_is_charged_or_authorized_at_our_location(is_manual: bool) -> None:
    wire = answers(payment=a_payment())
    a_gateway(wire).charge_token(AUTHORIZED if is_manual else DIRECT, an_order())
    assert response(wire) == {
        "idempotency_key": ATTEMPT.id,
        "source_id": "cnon:card-nonce-ok",
        "amount_money": {"amount": 49900, "currency": "USD"},
        "autocomplete": not is_manual,
        "location_id": "L1",
        "reference_id": ATTEMPT.id,
        "note": "pay_01JD0000000000000000000001 ORD-1",
    }


@pytest.mark.parametrize("call", ["create_checkout", "charge_token", "create_refund"])
def test_a_write_sent_again_is_the_same_byte_for_byte(call: str) -> None:
    wire = answers(500)
    for _ in range(2):
        with pytest.raises(OutcomeUnknown):
            CALLS[call](a_gateway(wire))
    assert wire.sent[0].content == wire.sent[1].content
    assert len(response(wire)["idempotency_key"]) <= 45


REFUSED_TERMS = [
    Terms(capture=CaptureMode.MANUAL),
    Terms(MethodType.UPI),
    Terms(MethodType.NETBANKING),
    Terms(MethodType.EMI, installments=3),
]


@pytest.mark.parametrize("terms", REFUSED_TERMS)
def test_what_a_link_cannot_do_is_refused_before_anything_is_sent(terms: Terms) -> None:
    wire = answers()
    with pytest.raises(Unsupported, match=r"Square (takes|captures) "):
        a_gateway(wire).create_checkout(replace(ATTEMPT, terms=terms), an_order())
    assert wire.sent == []


def test_a_refund_carries_our_id_where_square_gives_it_back() -> None:
    wire = answers(refund=a_refund_answer())
    a_gateway(wire).create_refund(REFUND, PAID)
    assert response(wire) == {
        "idempotency_key": REFUND.id,
        "payment_id": "PAY1",
        "amount_money": {"amount": 10000, "currency": "USD"},
        "reason": f"customer_request {REFUND.id}",
    }


ELSEWHERE = [
    "http://sandbox.square.link/u/abc",
    "https://square.link.evil.example/u/abc",
    "https://evilsandbox.square.link.example/u/abc",
    "https://sandbox.square.link@evil.example/u/abc",
    "https://sandbox.square.link:8443/u/abc",
    "https://square.link/u/abc",
    "https://sandbox.square.link/u/a bc",
    "javascript:alert(1)//sandbox.square.link/",
    "",
    None,
]


@pytest.mark.parametrize("url", ELSEWHERE)
def test_a_payer_is_sent_nowhere_but_to_square(url: object) -> None:
    with pytest.raises(OutcomeUnknown, match="url"):
        a_gateway(answers(payment_link=LINK | {"url": url})).create_checkout(ATTEMPT, an_order())


@pytest.mark.parametrize("url", ["https://square.link/u/abc", "https://checkout.square.site/merchant/x"])
def test_a_live_payer_is_sent_to_either_of_squares_pages(url: str) -> None:
    gateway = a_gateway(answers(payment_link=LINK | {"url": url}), PRODUCTION)
    assert gateway.create_checkout(ATTEMPT, an_order()).next_action.url == url


def test_an_id_cannot_change_the_route() -> None:
    wire = answers(404, **an_error("NOT_FOUND"))
    for ref in ("x?y#z", "x?y#z/LINK1"):
        with pytest.raises(Rejected):
            a_gateway(wire).fetch_payment(replace(ATTEMPT, checkout_ref=ref))
    assert [sent.url.raw_path for sent in wire.sent] == [b"/v2/payments/x%3Fy%23z", b"/v2/orders/x%3Fy%23z"]


DECLINES = [
    (402, "GENERIC_DECLINE", "PAYMENT_METHOD_ERROR", FailureCode.DECLINED),
    (400, "GENERIC_DECLINE", "PAYMENT_METHOD_ERROR", FailureCode.DECLINED),
    (402, "INSUFFICIENT_FUNDS", "PAYMENT_METHOD_ERROR", FailureCode.INSUFFICIENT_FUNDS),
    (400, "CARD_DECLINED_VERIFICATION_REQUIRED", "PAYMENT_METHOD_ERROR", FailureCode.AUTHENTICATION_FAILED),
    (400, "A_CODE_NOBODY_HAS_SEEN", "PAYMENT_METHOD_ERROR", FailureCode.DECLINED),
    (400, "CARD_TOKEN_USED", "INVALID_REQUEST_ERROR", FailureCode.REJECTED),
]


@pytest.mark.parametrize(("http_status", "code", "category", "ours"), DECLINES)
@pytest.mark.parametrize("beside", [{}, {"payment": {"id": "PAY9", "status": "FAILED"}}], ids=["alone", "beside"])
def test_a_decline_is_a_charge_that_failed(
    http_status: int, code: str, category: str, ours: FailureCode, beside: dict[str, Any]
) -> None:
    wire = answers(http_status, **an_error(code, category, detail="card 4111 1111 1111 1111 no"), **beside)
    charge = a_gateway(wire).charge_token(DIRECT, an_order())
    assert charge.snapshot.status is Status.FAILED
    assert charge.snapshot.failure is not None
    assert (charge.snapshot.failure.code, charge.snapshot.failure.gateway_code) == (ours, code)
    assert charge.snapshot.failure.message == "card (number) no"
    assert charge.ref == charge.snapshot.ref == ("PAY9" if beside else "")


def test_an_unknown_token_is_declined_and_an_unknown_location_is_our_fault() -> None:
    unknown = answers(404, **an_error("NOT_FOUND", field="source_id"))
    assert a_gateway(unknown).charge_token(DIRECT, an_order()).snapshot.status is Status.FAILED
    with pytest.raises(Rejected):
        a_gateway(answers(404, **an_error("NOT_FOUND", field="location_id"))).charge_token(DIRECT, an_order())


OURS = [
    "PAYMENT_AMOUNT_MISMATCH", "CURRENCY_MISMATCH", "INVALID_LOCATION", "INVALID_FEES", "INSUFFICIENT_PERMISSIONS",
    "MANUALLY_ENTERED_PAYMENT_NOT_SUPPORTED",
]  # fmt: skip


@pytest.mark.parametrize("code", OURS)
def test_our_own_fault_is_no_decline_whatever_its_category(code: str) -> None:
    with pytest.raises(Rejected) as raised:
        a_gateway(answers(402, **an_error(code, "PAYMENT_METHOD_ERROR"))).charge_token(DIRECT, an_order())
    assert raised.value.code == code


UNSURE = [
    "TEMPORARY_ERROR", "IDEMPOTENCY_KEY_REUSED", "CONFLICT", "REQUEST_TIMEOUT", "VERSION_MISMATCH", "GATEWAY_TIMEOUT",
    "INTERNAL_SERVER_ERROR", "BAD_GATEWAY", "SERVICE_UNAVAILABLE",
]  # fmt: skip


@pytest.mark.parametrize("code", UNSURE)
@pytest.mark.parametrize("call", CALLS)
def test_a_code_that_is_no_definite_no_leaves_a_write_unknown(call: str, code: str) -> None:
    with pytest.raises(GatewayError) as raised:
        CALLS[call](a_gateway(answers(400, **an_error(code, "PAYMENT_METHOD_ERROR"))))
    assert type(raised.value) is (OutcomeUnknown if call in WRITES else Unavailable)
    assert raised.value.code == code


@pytest.mark.parametrize("code", ["REFUND_ALREADY_PENDING", "RATE_LIMITED"])
@pytest.mark.parametrize("call", CALLS)
def test_another_refund_under_way_and_too_many_calls_mean_later(call: str, code: str) -> None:
    with pytest.raises(Unavailable) as raised:
        CALLS[call](a_gateway(answers(400, **an_error(code, "PAYMENT_METHOD_ERROR"))))
    assert raised.value.code == code


@pytest.mark.parametrize("code", ["REFUND_AMOUNT_INVALID", "PAYMENT_NOT_REFUNDABLE", "REFUND_DECLINED"])
def test_a_refund_refused_is_rejected_with_its_code(code: str) -> None:
    with pytest.raises(Rejected, match=code):
        a_gateway(answers(400, **an_error(code, "REFUND_ERROR"))).create_refund(REFUND, PAID)


def test_without_a_payment_nothing_is_refunded() -> None:
    wire = answers(order=an_sq_order("DRAFT"))
    with pytest.raises(Rejected, match="no payment"):
        a_gateway(wire).create_refund(REFUND, OPENED)
    assert [sent.method for sent in wire.sent] == ["GET"]


@pytest.mark.parametrize("call", ["fetch_link", "fetch_charge", "fetch_refund"])
def test_what_square_has_named_itself_is_not_called_absent_by_a_404(call: str) -> None:
    with pytest.raises(Rejected):
        CALLS[call](a_gateway(answers(404, **an_error("NOT_FOUND"))))


def test_no_one_was_handed_a_link_whose_answer_was_lost() -> None:
    wire = answers()
    assert a_gateway(wire).fetch_payment(ATTEMPT) == Snapshot(Status.CREATED)
    assert wire.sent == []
