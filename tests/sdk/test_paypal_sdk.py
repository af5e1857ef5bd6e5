"""PayPal's official Python SDK, unmodified, against the simulator; and its models against our adapter's requests."""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from zlib import crc32

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from paypalserversdk.api_helper import APIHelper  # type: ignore[import-untyped]
from paypalserversdk.configuration import Configuration, Environment, Server  # type: ignore[import-untyped]
from paypalserversdk.exceptions.error_exception import ErrorException  # type: ignore[import-untyped]
from paypalserversdk.http.auth.o_auth_2 import ClientCredentialsAuthCredentials  # type: ignore[import-untyped]
from paypalserversdk.models.capture_request import CaptureRequest  # type: ignore[import-untyped]
from paypalserversdk.models.checkout_payment_intent import CheckoutPaymentIntent  # type: ignore[import-untyped]
from paypalserversdk.models.order_request import OrderRequest  # type: ignore[import-untyped]
from paypalserversdk.models.payee_payment_method_preference import (  # type: ignore[import-untyped]
    PayeePaymentMethodPreference,
)
from paypalserversdk.models.paypal_experience_landing_page import (  # type: ignore[import-untyped]
    PaypalExperienceLandingPage,
)
from paypalserversdk.models.paypal_experience_user_action import (  # type: ignore[import-untyped]
    PaypalExperienceUserAction,
)
from paypalserversdk.models.paypal_wallet_context_shipping_preference import (  # type: ignore[import-untyped]
    PaypalWalletContextShippingPreference,
)
from paypalserversdk.models.refund_request import RefundRequest  # type: ignore[import-untyped]
from paypalserversdk.paypal_serversdk_client import PaypalServersdkClient  # type: ignore[import-untyped]

from gateway_simulators.paypal.app import create_app
from gateway_simulators.paypal.model import PayPalModel
from gateway_simulators.paypal.settings import Settings
from payments.domain.values.terms import CaptureMode, MethodType, Terms
from payments.gateways.paypal import requests
from tests.gateways.fakes import an_order
from tests.gateways.paypal.calls import ATTEMPT, NEW, REFUND
from tests.sdk.served import Served, served

ALL = "return=representation"


@pytest.fixture
def paypal() -> Iterator[Served]:
    with served(
        create_app, PayPalModel, Settings(webhook_url="http://127.0.0.1/hook", refund_step_seconds=0)
    ) as simulator:
        yield simulator


@pytest.fixture
def sdk(paypal: Served, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setitem(Configuration.environments[Environment.SANDBOX], Server.DEFAULT, paypal.url)
    return log_in(paypal.settings.client_secret)


def log_in(secret: str) -> Any:
    credentials = ClientCredentialsAuthCredentials(Settings().client_id, secret)
    return PaypalServersdkClient(
        client_credentials_auth_credentials=credentials, environment=Environment.SANDBOX, timeout=5
    )


def order_body(intent: str = "CAPTURE", value: str = "10.00", currency: str = "USD") -> OrderRequest:
    unit = {"amount": {"currency_code": currency, "value": value}, "custom_id": "att_1", "invoice_id": "INV-1"}
    return OrderRequest.from_dictionary({"intent": intent, "purchase_units": [unit]})


def created(sdk: Any, intent: str = "CAPTURE", request_id: str = "k1") -> Any:
    request = {"body": order_body(intent), "paypal_request_id": request_id, "prefer": ALL}
    return sdk.orders.create_order(request).body


def test_an_order_is_created_approved_captured_and_refunded(sdk: Any, paypal: Served) -> None:
    order = created(sdk)
    assert (order.status, {link.rel for link in order.links}) == ("CREATED", {"self", "approve", "update", "capture"})
    paypal.control("orders/att_1", act="pay")
    assert sdk.orders.get_order({"id": order.id}).body.status == "APPROVED"
    captured = sdk.orders.capture_order({"id": order.id, "paypal_request_id": "k2", "prefer": ALL}).body
    capture = captured.purchase_units[0].payments.captures[0]
    assert (captured.status, capture.status, capture.amount.value, capture.custom_id) == (
        "COMPLETED", "COMPLETED", "10.00", "att_1",
    )  # fmt: skip
    money = {"amount": {"currency_code": "USD", "value": "4.00"}, "custom_id": "rfd_1"}
    request = {"capture_id": capture.id, "paypal_request_id": "k3", "prefer": ALL}
    refund = sdk.payments.refund_captured_payment(request | {"body": RefundRequest.from_dictionary(money)}).body
    assert (refund.status, refund.amount.value, refund.custom_id) == ("COMPLETED", "4.00", "rfd_1")
    breakdown = sdk.payments.get_refund({"refund_id": refund.id}).body.seller_payable_breakdown
    assert breakdown.total_refunded_amount.value == "4.00"
    assert sdk.payments.get_captured_payment({"capture_id": capture.id}).body.status == "PARTIALLY_REFUNDED"
    rest = sdk.payments.refund_captured_payment({"capture_id": capture.id, "paypal_request_id": "k4"}).body
    assert rest.status == "COMPLETED"
    assert sdk.payments.get_captured_payment({"capture_id": capture.id}).body.status == "REFUNDED"


def test_an_authorization_is_captured_in_part(sdk: Any, paypal: Served) -> None:
    order = created(sdk, "AUTHORIZE")
    paypal.control("orders/att_1", act="pay")
    authorized = sdk.orders.authorize_order({"id": order.id, "paypal_request_id": "k2", "prefer": ALL}).body
    authorization = authorized.purchase_units[0].payments.authorizations[0]
    assert (authorized.status, authorization.status) == ("COMPLETED", "CREATED")
    part = CaptureRequest.from_dictionary({"amount": {"currency_code": "USD", "value": "6.00"}, "final_capture": True})
    request = {"authorization_id": authorization.id, "paypal_request_id": "k3", "prefer": ALL, "body": part}
    assert sdk.payments.capture_authorized_payment(request).body.amount.value == "6.00"
    assert sdk.payments.get_authorized_payment({"authorization_id": authorization.id}).body.status == "CAPTURED"


@pytest.mark.parametrize(("prefer", "code"), [(ALL, 200), ("return=minimal", 204)])
def test_an_authorization_is_voided(sdk: Any, paypal: Served, prefer: str, code: int) -> None:
    order = created(sdk, "AUTHORIZE")
    paypal.control("orders/att_1", act="pay")
    authorized = sdk.orders.authorize_order({"id": order.id, "prefer": ALL}).body
    authorization = authorized.purchase_units[0].payments.authorizations[0]
    voided = sdk.payments.void_payment({"authorization_id": authorization.id, "prefer": prefer})
    assert voided.status_code == code
    assert sdk.payments.get_authorized_payment({"authorization_id": authorization.id}).body.status == "VOIDED"


def test_all_that_went_back_is_among_the_refunds_of_an_order(sdk: Any, paypal: Served) -> None:
    order = created(sdk)
    paypal.control("orders/att_1", act="pay")
    sdk.orders.capture_order({"id": order.id, "prefer": ALL})
    paypal.control("dashboard_refunds", order="att_1", amount=300)
    paypal.control("reversals", order="att_1", amount=700)
    payments = sdk.orders.get_order({"id": order.id}).body.purchase_units[0].payments
    assert [(refund.status, refund.amount.value) for refund in payments.refunds] == [
        ("COMPLETED", "3.00"), ("COMPLETED", "7.00"),
    ]  # fmt: skip
    capture = payments.captures[0]
    assert capture.status == "REFUNDED"
    for refund in payments.refunds:
        assert [link.href.rpartition("/")[2] for link in refund.links if link.rel == "up"] == [capture.id]


def test_a_review_has_its_reason(sdk: Any, paypal: Served) -> None:
    order = created(sdk)
    paypal.control("orders/att_1", act="wait")
    captured = sdk.orders.capture_order({"id": order.id, "prefer": ALL}).body
    capture = captured.purchase_units[0].payments.captures[0]
    assert (capture.status, capture.status_details.reason) == ("PENDING", "PENDING_REVIEW")
    paypal.control("pending/att_1", act="deny")
    assert sdk.payments.get_captured_payment({"capture_id": capture.id}).body.status == "DECLINED"


def test_one_token_serves_many_calls_and_a_replay_answers_200(sdk: Any, paypal: Served) -> None:
    request = {"body": order_body(), "paypal_request_id": "k1"}
    first, second = (sdk.orders.create_order(request) for _ in range(2))
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.body.id == second.body.id
    assert paypal.app.model.ledger()["calls"]["token"] == 1


@pytest.mark.parametrize(
    ("body", "issue"),
    [
        (order_body(value="10"), None),
        (order_body(currency="INR"), "INVALID_CURRENCY_CODE"),
        (order_body(currency="JPY"), "DECIMALS_NOT_SUPPORTED"),
        (order_body(value="1.001"), "DECIMAL_PRECISION"),
        (order_body("SALE"), "INVALID_PARAMETER_VALUE"),
    ],
)
def test_a_refusal_is_read_with_its_issue(sdk: Any, body: OrderRequest, issue: str | None) -> None:
    if issue is None:
        assert sdk.orders.create_order({"body": body}).body.id
        return
    with pytest.raises(ErrorException) as raised:
        sdk.orders.create_order({"body": body})
    assert raised.value.details[0].issue == issue
    assert raised.value.debug_id


def test_a_refusal_on_purpose(sdk: Any) -> None:
    mocked = json.dumps({"mock_application_codes": "DUPLICATE_INVOICE_ID"})
    with pytest.raises(ErrorException) as raised:
        sdk.orders.create_order({"body": order_body(), "paypal_mock_response": mocked})
    assert (raised.value.response_code, raised.value.details[0].issue) == (422, "DUPLICATE_INVOICE_ID")


def test_a_webhook_is_proved_by_the_certificate_that_it_names(sdk: Any, paypal: Served) -> None:
    order = created(sdk)
    paypal.control("orders/att_1", act="pay")
    sdk.orders.capture_order({"id": order.id})
    paypal.app.pump()
    assert [json.loads(body)["event_type"] for _, body in paypal.webhooks] == [
        "CHECKOUT.ORDER.APPROVED", "PAYMENT.CAPTURE.COMPLETED",
    ]  # fmt: skip
    for headers, body in paypal.webhooks:
        path = headers["PAYPAL-CERT-URL"].removeprefix(paypal.settings.origin)
        public = x509.load_pem_x509_certificate(paypal.http.get(path).content).public_key()
        assert isinstance(public, rsa.RSAPublicKey)
        parts = (headers["PAYPAL-TRANSMISSION-ID"], headers["PAYPAL-TRANSMISSION-TIME"], paypal.settings.webhook_id)
        message = "|".join([*parts, str(crc32(body))]).encode()
        public.verify(b64decode(headers["PAYPAL-TRANSMISSION-SIG"]), message, padding.PKCS1v15(), hashes.SHA256())


# Our adapter's requests, read by the SDK's models: an unknown name would get lost.


@pytest.mark.parametrize(
    "terms", [Terms(), Terms(MethodType.CARD), Terms(MethodType.PAYPAL), Terms(capture=CaptureMode.MANUAL)]
)
def test_our_order_survives_the_sdks_model(terms: Terms) -> None:
    body = requests.to_order(replace(NEW, terms=terms), an_order())
    read = json.loads(APIHelper.json_serialize(OrderRequest.from_dictionary(body)))
    words = read["payment_source"]["paypal"]["experience_context"]
    assert words.pop("contact_preference") == "NO_CONTACT_INFO"  # The model's own default.
    assert read == body
    assert CheckoutPaymentIntent.from_value(body["intent"])
    assert PaypalExperienceLandingPage.from_value(words["landing_page"])
    assert PaypalExperienceUserAction.from_value(words["user_action"])
    assert PaypalWalletContextShippingPreference.from_value(words["shipping_preference"])
    assert PayeePaymentMethodPreference.from_value(words["payment_method_preference"])


def test_our_capture_and_our_refund_survive_the_sdks_models() -> None:
    capture, refund = requests.to_capture(ATTEMPT, ATTEMPT.amount), requests.to_refund(REFUND)
    assert json.loads(APIHelper.json_serialize(CaptureRequest.from_dictionary(capture))) == capture
    assert json.loads(APIHelper.json_serialize(RefundRequest.from_dictionary(refund))) == refund
