"""UPI without Checkout: intents and QR codes."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest

from payments.domain.records.payment import Customer
from payments.domain.values.money import Money
from payments.domain.values.status import Status
from payments.domain.values.terms import ActionKind, MethodType
from payments.gateways.contract.errors import OutcomeUnknown, Rejected, SearchUnfinished
from tests.gateways.fakes import NOW
from tests.gateways.razorpay.calls import (
    ATTEMPT,
    ORDER,
    ORDER_REF,
    ORIGIN,
    PAY_REF,
    PAYER,
    QR_REF,
    TEST_KEYS,
    Wire,
    a_gateway,
    a_payment,
    a_qr_entity,
    an_order_entity,
    listed,
    refusal,
    with_terms,
)

API = "https://api.razorpay.com"
AGAIN = replace(ATTEMPT, sent_at=NOW + timedelta(seconds=40), expires_at=NOW + timedelta(seconds=640))
INTENT = {**TEST_KEYS, "upi_flow": "intent"}
QR = {**TEST_KEYS, "upi_flow": "qr"}
UPI_URL = "upi://pay?pa=shop@razorpay&am=499.00&cu=INR&tr=1"
BEGUN = {"razorpay_payment_id": PAY_REF, "next": [{"action": "poll", "url": API}, {"action": "intent", "url": UPI_URL}]}


def test_a_upi_intent_is_a_payment_that_we_begin() -> None:
    wire = Wire(an_order_entity(), BEGUN)
    checkout = a_gateway(wire, secret=INTENT).create_checkout(with_terms(MethodType.UPI), ORDER)
    assert (checkout.next_action.kind, checkout.next_action.url) == (ActionKind.UPI_INTENT, UPI_URL)
    assert (checkout.ref, checkout.webhook_ref) == (ORDER_REF, ORDER_REF)
    assert wire.paths == ["POST /v1/orders", "POST /v1/payments/create/upi"]
    body = wire.body()
    assert body.pop("notes")["attempt_id"] == ATTEMPT.id
    assert body == {
        "amount": 49900, "currency": "INR", "order_id": ORDER_REF, "method": "upi", "upi": {"flow": "intent"},
        "email": "asha@example.com", "contact": "+919812345678",
    }  # fmt: skip


@pytest.mark.parametrize(
    "payer", [replace(PAYER, mobile="98765", is_mobile_e164=False), replace(PAYER, mobile=""), replace(PAYER, email="")]
)
def test_without_a_mobile_in_e164_or_an_address_the_payer_comes_to_checkout_which_asks(payer: Customer) -> None:
    wire = Wire(an_order_entity(), BEGUN)
    order = replace(ORDER, customer=payer)
    checkout = a_gateway(wire, secret=INTENT).create_checkout(with_terms(MethodType.UPI), order)
    assert (checkout.next_action.kind, wire.paths) == (ActionKind.CLIENT_SDK, ["POST /v1/orders"])


@pytest.mark.parametrize("url", ["https://evil.example/", "upi://pay", "upi://pay?a b", "UPI://pay?x", "", None, 3])
def test_an_intent_that_opens_no_upi_app_is_garbage(url: object) -> None:
    wire = Wire(an_order_entity(), {"next": [{"action": "intent", "url": url}]})
    with pytest.raises(OutcomeUnknown, match="next"):
        a_gateway(wire, secret=INTENT).create_checkout(with_terms(MethodType.UPI), ORDER)


def test_an_account_without_intents_gets_an_error() -> None:
    wire = Wire(an_order_entity(), refusal("The requested URL was not found on the server."))
    with pytest.raises(Rejected, match="not enabled"):
        a_gateway(wire, secret=INTENT).create_checkout(with_terms(MethodType.UPI), ORDER)


def test_a_qr_code_is_for_one_payment_of_one_amount_and_ends_with_the_attempt() -> None:
    wire = Wire(a_qr_entity())
    checkout = a_gateway(wire, secret=QR).create_checkout(with_terms(MethodType.UPI), ORDER)
    assert (checkout.ref, checkout.webhook_ref, checkout.next_action.url) == (QR_REF, QR_REF, "https://rzp.io/i/abc")
    assert checkout.next_action.kind is ActionKind.UPI_QR
    assert checkout.expires_at == NOW + timedelta(seconds=600)
    body = wire.body()
    assert body.pop("notes")["attempt_id"] == ATTEMPT.id
    assert body == {
        "type": "upi_qr", "usage": "single_use", "fixed_amount": True, "payment_amount": 49900,
        "close_by": int((NOW + timedelta(seconds=600)).timestamp()), "description": "Order ORD-1",
    }  # fmt: skip


@pytest.mark.parametrize(("life_s", "close_s"), [(5, 120), (600, 600), (86400, 7200)])
def test_a_qr_code_closes_within_what_razorpay_allows(life_s: int, close_s: int) -> None:
    wire = Wire(a_qr_entity())
    attempt = replace(with_terms(MethodType.UPI), expires_at=NOW + timedelta(seconds=life_s))
    a_gateway(wire, secret=QR).create_checkout(attempt, ORDER)
    assert wire.body()["close_by"] == int(NOW.timestamp()) + close_s


@pytest.mark.parametrize(
    "url",
    [
        "http://rzp.io/i/a",
        "https://rzp.io.evil.example/i",
        "https://evil.example/rzp.io/",
        f"{ORIGIN}/x",
        "https://rzp.io/i/a b",
        None,
    ],
)
def test_a_payer_is_shown_no_other_image(url: object) -> None:
    with pytest.raises(OutcomeUnknown, match="image_url"):
        a_gateway(Wire(a_qr_entity(image_url=url)), secret=QR).create_checkout(with_terms(MethodType.UPI), ORDER)


def test_a_qr_code_that_is_sent_again_is_the_one_that_is_there() -> None:
    wire = Wire(listed(a_qr_entity(id="qr_1", notes=[]), a_qr_entity()))
    again = replace(AGAIN, terms=with_terms(MethodType.UPI).terms)
    assert a_gateway(wire, secret=QR).create_checkout(again, ORDER).ref == QR_REF
    assert wire.paths == ["GET /v1/payments/qr_codes"]
    begins, ends = AGAIN.created_at.timestamp() - 600, AGAIN.sent_at.timestamp() + 600
    window = {"from": str(int(begins)), "to": str(int(ends)), "count": "100", "skip": "0"}
    assert dict(wire.sent[0].url.params) == window


def others(first: int) -> dict[str, Any]:
    return listed(*(a_qr_entity(id=f"qr_{first + n}", notes=[]) for n in range(100)))


def test_a_search_for_a_qr_code_goes_on_where_the_last_check_stopped() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json=others(int(request.url.params["skip"])))

    lost = with_terms(MethodType.UPI)
    with pytest.raises(SearchUnfinished) as unfinished:
        a_gateway(answer, secret=QR).fetch_payment(lost)
    assert unfinished.value.position == "500"
    wire = Wire(others(500), listed(a_qr_entity()), listed(a_payment(order_id=None)))
    found = a_gateway(wire, secret=QR).fetch_payment(replace(lost, search_position="500"))
    assert (found.status, found.found_ref) == (Status.COMPLETED, QR_REF)
    assert [sent.url.params["skip"] for sent in wire.sent] == ["500", "600", "0"]


@pytest.mark.parametrize(("ref", "entity"), [(QR_REF, a_qr_entity()), (ORDER_REF, an_order_entity())])
def test_a_ref_of_a_webhook_is_believed_if_its_object_names_our_id(ref: str, entity: dict[str, Any]) -> None:
    attempt = with_terms(MethodType.UPI)
    wire = Wire(entity)
    assert a_gateway(wire).confirm_ref(attempt, ref) == ref
    assert wire.paths == [f"GET /v1/{'payments/qr_codes' if ref == QR_REF else 'orders'}/{ref}"]
    assert a_gateway(Wire(entity)).confirm_ref(replace(attempt, id="att_other"), ref) == ""
    unknown = httpx.Response(400, json={"error": {"code": "BAD_REQUEST_ERROR", "description": "no such id"}})
    assert a_gateway(lambda request: unknown).confirm_ref(attempt, ref) == ""


def test_only_upi_in_rupees_has_a_flow_of_its_own() -> None:
    for attempt in (with_terms(MethodType.CARD), replace(with_terms(MethodType.UPI), amount=Money(500, "USD"))):
        wire = Wire(an_order_entity())
        assert a_gateway(wire, secret=QR).create_checkout(attempt, ORDER).next_action.kind is ActionKind.CLIENT_SDK


def test_the_payments_of_a_qr_code_are_searched_by_the_qr_code() -> None:
    wire = Wire(listed(a_payment(order_id=None)))
    snapshot = a_gateway(wire).fetch_payment(replace(ATTEMPT, checkout_ref=QR_REF))
    assert wire.paths == [f"GET /v1/payments/qr_codes/{QR_REF}/payments"]
    assert snapshot.status is Status.COMPLETED


def test_without_a_payer_an_intent_is_left_to_the_checkout() -> None:
    wire = Wire(an_order_entity())
    checkout = a_gateway(wire, secret=INTENT).create_checkout(with_terms(MethodType.UPI), replace(ORDER, customer=None))
    assert checkout.next_action.kind is ActionKind.CLIENT_SDK
    assert wire.paths == ["POST /v1/orders"]


@pytest.mark.parametrize(("secret", "name"), [({}, None), ({"name": "Demo Shop"}, "Demo Shop")])
def test_a_qr_code_names_the_shop_where_it_has_a_name(secret: dict[str, str], name: str | None) -> None:
    wire = Wire(a_qr_entity())
    a_gateway(wire, secret=QR | secret).create_checkout(with_terms(MethodType.UPI), ORDER)
    body = wire.body()
    assert body.get("name") == name
    assert (body["type"], body["usage"], body["fixed_amount"]) == ("upi_qr", "single_use", True)
    assert (body["payment_amount"], body["description"]) == (49900, "Order ORD-1")


@pytest.mark.parametrize(
    ("method", "secret"), [(MethodType.CARD, QR), (None, QR), (MethodType.UPI, INTENT), (MethodType.UPI, TEST_KEYS)]
)
def test_a_lost_order_is_searched_among_orders_by_our_id(method: MethodType | None, secret: dict[str, Any]) -> None:
    wire = Wire(listed(an_order_entity()), listed(a_payment()))
    assert a_gateway(wire, secret=secret).fetch_payment(with_terms(method)).found_ref == ORDER_REF
    assert wire.paths == ["GET /v1/orders", f"GET /v1/orders/{ORDER_REF}/payments"]
    assert dict(wire.sent[0].url.params) == {"receipt": ATTEMPT.id, "count": "100"}


def test_a_lost_code_that_is_none_may_be_an_order_of_an_earlier_flow() -> None:
    wire = Wire(listed(), listed(an_order_entity()), listed(a_payment()))
    assert a_gateway(wire, secret=QR).fetch_payment(with_terms(MethodType.UPI)).found_ref == ORDER_REF
    assert wire.paths[:2] == ["GET /v1/payments/qr_codes", "GET /v1/orders"]


@pytest.mark.parametrize(
    ("newer", "older", "found"),
    [(None, None, QR_REF), (0, 0, QR_REF), (0, 49900, "qr_OLD"), (49900, 49900, QR_REF), (None, 49900, "qr_OLD")],
)
def test_of_two_codes_of_one_attempt_the_paid_one_is_its_code_else_the_newest(
    newer: int | None, older: int | None, found: str
) -> None:
    """One was made by a call whose answer was lost, the other before a list showed the first."""
    codes = a_qr_entity(payments_amount_received=newer), a_qr_entity(id="qr_OLD", payments_amount_received=older)
    wire = Wire(listed(*codes), listed(a_payment(order_id=None)))
    assert a_gateway(wire, secret=QR).fetch_payment(with_terms(MethodType.UPI)).found_ref == found


@pytest.mark.parametrize(("lasts_s", "closes_after_s"), [(60, 120), (600, 600), (9000, 7200)])
def test_a_code_that_is_made_by_a_later_sending_lasts_as_long_as_one_of_the_first(
    lasts_s: int, closes_after_s: int
) -> None:
    sent_at = NOW + timedelta(hours=3)
    again = replace(with_terms(MethodType.UPI), sent_at=sent_at, expires_at=sent_at + timedelta(seconds=lasts_s))
    wire = Wire(listed(), a_qr_entity())
    a_gateway(wire, secret=QR).create_checkout(again, ORDER)
    assert wire.body()["close_by"] == int(sent_at.timestamp()) + closes_after_s
