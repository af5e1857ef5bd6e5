"""Every field of a request to Stripe is one of the official SDK, with its type."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from stripe.params import (
    PaymentIntentCaptureParams,
    PaymentIntentCreateParams,
    PaymentIntentListParams,
    PaymentIntentRetrieveParams,
    RefundCreateParams,
    RefundListParams,
)
from stripe.params.checkout import SessionCreateParams, SessionListParams, SessionRetrieveParams

from payments.domain.records.refund import ReasonCode
from payments.domain.values.terms import CaptureMode, MethodType
from payments.gateways.stripe import requests
from payments.gateways.stripe.form import flat
from tests.gateways.fakes import an_order
from tests.gateways.stripe.calls import ATTEMPT, DIRECT, PAID, REFUND, a_gateway, answers, changed, sent_fields
from tests.gateways.stripe.sdk_types import misfits

ORDER = an_order()
MANUAL = CaptureMode.MANUAL
CHARGED = changed(DIRECT, ref="pi_1")
REQUESTS: dict[str, tuple[dict[str, object], type]] = {
    "session": (requests.to_session(ATTEMPT, ORDER, ""), SessionCreateParams),
    "session, all fields": (
        requests.to_session(changed(ATTEMPT, method_type=MethodType.CARD, capture=MANUAL), ORDER, "SHOP"),
        SessionCreateParams,
    ),
    "charge": (requests.to_charge(DIRECT, ORDER, ""), PaymentIntentCreateParams),
    "charge, all fields": (
        requests.to_charge(changed(DIRECT, capture=MANUAL), ORDER, "SHOP"),
        PaymentIntentCreateParams,
    ),
    "refund": (requests.to_refund(REFUND, "pi_1"), RefundCreateParams),
}


@pytest.mark.parametrize(("fields", "params"), REQUESTS.values(), ids=REQUESTS)
def test_a_request_fits_the_sdks_type(fields: dict[str, object], params: type) -> None:
    assert list(misfits(_without_none(fields), params, is_request=True)) == []


@pytest.mark.parametrize("reason", ReasonCode)
def test_a_refunds_reason_is_one_of_stripes_or_none(reason: ReasonCode) -> None:
    fields = _without_none(requests.to_refund(replace(REFUND, reason_code=reason), "pi_1"))
    assert list(misfits(fields, RefundCreateParams, is_request=True)) == []


OTHERS: dict[str, tuple[Callable[[Any], object], type]] = {
    "capture": (lambda gateway: gateway.capture_payment(PAID, PAID.amount), PaymentIntentCaptureParams),
    "look at a session": (lambda gateway: gateway.fetch_payment(PAID), SessionRetrieveParams),
    "look at an intent": (lambda gateway: gateway.fetch_payment(CHARGED), PaymentIntentRetrieveParams),
    "look for a session": (lambda gateway: gateway.fetch_payment(ATTEMPT), SessionListParams),
    "look for an intent": (lambda gateway: gateway.fetch_payment(DIRECT), PaymentIntentListParams),
    "look for a refund": (lambda gateway: gateway.fetch_refund(REFUND, PAID), RefundListParams),
}


@pytest.mark.parametrize(("call", "params"), OTHERS.values(), ids=OTHERS)
def test_what_is_sent_fits_the_sdks_type(call: Callable[[Any], object], params: type) -> None:
    wire_ = answers(object="list", data=[], has_more=False, id="pi_1", status="processing")
    call(a_gateway(wire_))
    names = {name.partition("[")[0] for name in sent_fields(wire_.sent[0])}
    assert names <= set(params.__annotations__)


@pytest.mark.parametrize(
    "change",
    [
        {"amont": 1},
        {"amount": "1"},
        {"amount": True},
        {"capture_method": "later"},
        {"automatic_payment_methods": {"enable": True}},
        {"automatic_payment_methods": {}},
        {"payment_method_types": ["card"]},
    ],
    ids=str,
)
def test_a_misspelt_field_would_be_found(change: dict[str, object]) -> None:
    fields = _without_none(requests.to_charge(DIRECT, ORDER, "")) | change
    assert list(misfits(fields, PaymentIntentCreateParams, is_request=True))


def test_the_ways_to_pay_are_never_named_by_the_field_that_stripe_refuses() -> None:
    assert all("payment_method_types" not in fields for fields, _ in REQUESTS.values())


def _without_none(fields: dict[str, Any]) -> dict[str, Any]:
    return {
        name: _without_none(value) if isinstance(value, dict) else value
        for name, value in fields.items()
        if value is not None
    }


def test_a_session_is_requested_in_full() -> None:
    about = {"attempt_id": ATTEMPT.id, "payment_id": ORDER.payment_id, "merchant_order_id": "ORD-1"}
    form = flat(requests.to_session(changed(ATTEMPT, capture=MANUAL), ORDER, "SHOP"))
    assert form == {
        "mode": "payment", "ui_mode": "hosted_page", "client_reference_id": ATTEMPT.id,
        "line_items[0][price_data][currency]": ATTEMPT.amount.currency.lower(),
        "line_items[0][price_data][unit_amount]": str(ATTEMPT.amount.minor),
        "line_items[0][price_data][product_data][name]": "Order ORD-1",
        "line_items[0][quantity]": "1",
        **{f"metadata[{name}]": value for name, value in about.items()},
        **{f"payment_intent_data[metadata][{name}]": value for name, value in about.items()},
        "payment_intent_data[capture_method]": "manual",
        "payment_intent_data[statement_descriptor_suffix]": "SHOP",
        "success_url": ORDER.return_url, "cancel_url": ORDER.return_url,
        "expires_at": str(int(ATTEMPT.created_at.timestamp()) + 23 * 3600),
    }  # fmt: skip


def test_a_charge_is_requested_in_full() -> None:
    form = flat(requests.to_charge(DIRECT, ORDER, ""))
    assert form == {
        "amount": str(DIRECT.amount.minor), "currency": DIRECT.amount.currency.lower(),
        "payment_method": DIRECT.terms.source_token, "confirm": "true", "capture_method": "automatic",
        "automatic_payment_methods[enabled]": "true", "return_url": ORDER.return_url, "expand[0]": "latest_charge",
        "metadata[attempt_id]": DIRECT.id, "metadata[payment_id]": ORDER.payment_id,
        "metadata[merchant_order_id]": "ORD-1",
    }  # fmt: skip


def test_a_refund_is_requested_in_full() -> None:
    assert flat(requests.to_refund(REFUND, "pi_1")) == {
        "payment_intent": "pi_1", "amount": str(REFUND.amount.minor), "reason": "requested_by_customer",
        "metadata[refund_id]": REFUND.id, "metadata[payment_id]": REFUND.payment_id,
        "metadata[reason_code]": str(REFUND.reason_code),
    }  # fmt: skip
