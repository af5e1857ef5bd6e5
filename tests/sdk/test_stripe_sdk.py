"""Stripe's own client, unmodified, works with the simulator as with Stripe."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import stripe
from stripe import StripeClient

from gateway_simulators.stripe.app import create_app
from gateway_simulators.stripe.instruments import BY_TOKEN
from gateway_simulators.stripe.model import StripeModel
from gateway_simulators.stripe.settings import EVERY_EVENT, Settings
from tests.gateways.stripe.sdk_types import misfits
from tests.sdk.served import Served, served

SECRET = "whsec_simulator"
SETTINGS = Settings(webhook_url="http://127.0.0.1/hook", enabled_events=EVERY_EVENT)
TYPES: dict[str, type] = {
    "payment_intent": stripe.PaymentIntent,
    "charge": stripe.Charge,
    "refund": stripe.Refund,
    "dispute": stripe.Dispute,
    "checkout.session": stripe.checkout.Session,
    "payment_method": stripe.PaymentMethod,
    "customer": stripe.Customer,
    "event": stripe.Event,
}


@pytest.fixture(scope="module")
def running() -> Iterator[Served]:
    with served(create_app, StripeModel, SETTINGS) as simulator:
        yield simulator


@pytest.fixture
def simulator(running: Served) -> Served:
    running.control("reset")
    running.webhooks.clear()
    return running


@pytest.fixture
def client(simulator: Served, monkeypatch: pytest.MonkeyPatch) -> StripeClient:
    monkeypatch.setattr(stripe, "enable_telemetry", False)
    return a_client(simulator)


def a_client(simulator: Served, key: str = "sk_test_simulator") -> StripeClient:
    return StripeClient(key, base_addresses={"api": simulator.url}, max_network_retries=0)


def charged(client: StripeClient, method: str = "pm_card_visa", **more: Any) -> stripe.PaymentIntent:
    params = {"amount": 49900, "currency": "usd", "payment_method": method, "confirm": True}
    return client.v1.payment_intents.create({**params, "return_url": "https://shop.example/back", **more})  # type: ignore[typeddict-item]


def opened(client: StripeClient, **more: Any) -> stripe.checkout.Session:
    price = {"currency": "usd", "unit_amount": 49900, "product_data": {"name": "Order 1"}}
    params = {
        "mode": "payment",
        "line_items": [{"price_data": price, "quantity": 1}],
        "success_url": "https://shop.example/back?s={CHECKOUT_SESSION_ID}",
        "client_reference_id": "att_1",
    }
    return client.v1.checkout.sessions.create({**params, **more})  # type: ignore[arg-type]


def fits(*objects: Any) -> None:
    for each in objects:
        view = each.to_dict()
        assert list(misfits(view, TYPES[view["object"]])) == []


def test_a_session_is_opened_paid_and_seen_as_paid(client: StripeClient, simulator: Served) -> None:
    session = opened(client, payment_intent_data={"metadata": {"attempt_id": "att_1"}})
    assert (session.status, session.payment_status, session.payment_intent) == ("open", "unpaid", None)
    assert str(session.url).startswith(f"{simulator.url}/c/pay/cs_test_")
    simulator.control("orders/att_1", act="pay")
    found = client.v1.checkout.sessions.retrieve(session.id, {"expand": ["payment_intent.latest_charge"]})
    assert (found.status, found.payment_status, found.url) == ("complete", "paid", None)
    intent = found.payment_intent
    assert isinstance(intent, stripe.PaymentIntent)
    assert (intent.status, intent.amount_received, intent.metadata["attempt_id"]) == ("succeeded", 49900, "att_1")
    assert isinstance(intent.latest_charge, stripe.Charge)
    assert intent.latest_charge.captured
    fits(session, client.v1.checkout.sessions.retrieve(session.id), intent.latest_charge)


def test_a_charge_succeeds_at_once(client: StripeClient) -> None:
    intent = charged(client, metadata={"attempt_id": "att_1"})
    assert (intent.status, intent.amount_received, intent.metadata["attempt_id"]) == ("succeeded", 49900, "att_1")
    fits(intent, client.v1.charges.retrieve(str(intent.latest_charge)))
    fits(client.v1.payment_methods.retrieve(str(intent.payment_method)))


DECLINED = {token: card for token, card in BY_TOKEN.items() if card.decline and not card.is_debit}


@pytest.mark.parametrize("token", DECLINED)
def test_a_decline_is_a_card_error_with_its_intent(client: StripeClient, token: str) -> None:
    code, _, decline_code = DECLINED[token].decline.partition("/")
    with pytest.raises(stripe.CardError) as raised:
        charged(client, token)
    error = raised.value
    assert (error.http_status, error.code, error.error.decline_code) == (402, code, decline_code or None)  # type: ignore[union-attr]
    intent = client.v1.payment_intents.retrieve(error.error.payment_intent.id)  # type: ignore[union-attr]
    assert (intent.status, intent.payment_method) == ("requires_payment_method", None)
    assert intent.last_payment_error is not None
    assert client.v1.payment_intents.confirm(
        intent.id, {"payment_method": "pm_card_visa", "return_url": "https://shop.example"}
    )


def test_an_authorization_is_captured_in_part(client: StripeClient) -> None:
    authorized = charged(client, capture_method="manual", expand=["latest_charge"])
    assert (authorized.status, authorized.amount_capturable, authorized.amount_received) == (
        "requires_capture",
        49900,
        0,
    )
    charge = authorized.latest_charge
    assert isinstance(charge, stripe.Charge)
    assert charge.payment_method_details.card.capture_before == charge.created + 7 * 86400  # type: ignore[union-attr]
    used = client.v1.payment_intents.capture(authorized.id, {"amount_to_capture": 10000})
    assert (used.status, used.amount_received, used.amount_capturable) == ("succeeded", 10000, 0)
    with pytest.raises(stripe.InvalidRequestError) as raised:
        client.v1.payment_intents.capture(authorized.id)
    assert raised.value.code == "payment_intent_unexpected_state"


def test_an_authorization_is_voided(client: StripeClient) -> None:
    authorized = charged(client, capture_method="manual")
    gone = client.v1.payment_intents.cancel(authorized.id, {"cancellation_reason": "abandoned"})
    assert (gone.status, gone.cancellation_reason) == ("canceled", "abandoned")
    charge = client.v1.charges.retrieve(str(gone.latest_charge))
    assert (charge.refunded, charge.amount_refunded, charge.amount_captured) == (False, 0, 0)
    fits(gone)


def test_a_challenge_is_answered_on_the_banks_page(client: StripeClient, simulator: Served) -> None:
    intent = charged(client, "pm_card_threeDSecure2Required")
    assert (intent.status, intent.latest_charge) == ("requires_action", None)
    assert intent.next_action is not None
    fits(intent)
    page = str(intent.next_action.redirect_to_url.url)  # type: ignore[union-attr]
    back = simulator.http.post(page, data={"act": "pay", "instrument": "Complete authentication"})
    assert back.status_code == 303
    assert f"payment_intent={intent.id}" in back.headers["location"]
    assert "redirect_status=succeeded" in back.headers["location"]
    assert client.v1.payment_intents.retrieve(intent.id).status == "succeeded"


def test_a_refund_is_made_found_and_listed(client: StripeClient) -> None:
    intent = charged(client)
    refund = client.v1.refunds.create(
        {"payment_intent": intent.id, "amount": 10000, "reason": "duplicate", "metadata": {"refund_id": "rfd_1"}}
    )
    assert (refund.status, refund.amount, refund.charge) == ("succeeded", 10000, intent.latest_charge)
    assert client.v1.refunds.retrieve(refund.id).id == refund.id
    listed = client.v1.refunds.list({"payment_intent": intent.id})
    assert [each.metadata["refund_id"] for each in listed.data if each.metadata] == ["rfd_1"]
    assert client.v1.charges.retrieve(str(intent.latest_charge)).amount_refunded == 10000
    fits(refund)


def test_one_key_is_one_payment(client: StripeClient) -> None:
    params: Any = {"amount": 100, "currency": "usd", "payment_method": "pm_card_visa", "confirm": True}
    params["return_url"] = "https://shop.example"
    first = client.v1.payment_intents.create(params, {"idempotency_key": "att_1"})
    again = client.v1.payment_intents.create(params, {"idempotency_key": "att_1"})
    assert first.id == again.id
    assert again.last_response
    assert first.last_response
    assert again.last_response.headers["Idempotent-Replayed"] == "true"
    assert again.last_response.headers["Original-Request"] == first.last_response.headers["Request-Id"]
    with pytest.raises(stripe.IdempotencyError):
        client.v1.payment_intents.create(params | {"amount": 101}, {"idempotency_key": "att_1"})


def test_lists_are_paged_through_newest_first(client: StripeClient) -> None:
    ids = [charged(client).id for _ in range(5)]
    page = client.v1.payment_intents.list({"limit": 2})
    assert [intent.id for intent in page.auto_paging_iter()] == ids[::-1]
    assert page.has_more


REFUSALS: list[tuple[dict[str, Any], str | None, type[stripe.StripeError]]] = [
    ({"amont": 5}, "parameter_unknown", stripe.InvalidRequestError),
    ({"payment_method_types": ["card"]}, "payment_method_types_no_longer_supported", stripe.InvalidRequestError),
    ({"amount": "10.5"}, "parameter_invalid_integer", stripe.InvalidRequestError),
    ({"amount": 0}, "parameter_invalid_integer", stripe.InvalidRequestError),
    ({"amount": 49}, "amount_too_small", stripe.InvalidRequestError),
    ({"payment_method": "pm_nobody"}, "resource_missing", stripe.InvalidRequestError),
    ({"return_url": None}, None, stripe.InvalidRequestError),
    ({"metadata": {"k" * 41: "v"}}, None, stripe.InvalidRequestError),
]  # fmt: skip


@pytest.mark.parametrize(("more", "code", "kind"), REFUSALS, ids=str)
def test_a_bad_request_is_refused_with_stripes_code(
    client: StripeClient, more: dict[str, Any], code: str | None, kind: type[stripe.StripeError]
) -> None:
    with pytest.raises(kind) as raised:
        charged(client, **more)
    assert (raised.value.http_status, raised.value.code) == (400, code)
    assert str(raised.value.request_id).startswith("req_")


def test_what_is_not_there_is_404_and_a_wrong_key_401(client: StripeClient, simulator: Served) -> None:
    with pytest.raises(stripe.InvalidRequestError) as raised:
        client.v1.payment_intents.retrieve("pi_nobody")
    assert (raised.value.http_status, raised.value.code) == (404, "resource_missing")
    with pytest.raises(stripe.AuthenticationError):
        a_client(simulator, "sk_test_wrong").v1.payment_intents.list()


def test_faults_are_the_sdks_errors(client: StripeClient, simulator: Served) -> None:
    for fault, kind in (
        ("error_before", stripe.APIError),
        ("key_in_use", stripe.APIError),
        ("lock_timeout", stripe.RateLimitError),
        ("lose_answer", stripe.APIConnectionError),
    ):
        simulator.control("faults", fault=fault, op="pay")
        with pytest.raises(kind):
            charged(client)


def test_a_webhook_is_an_event_to_the_sdk(client: StripeClient, simulator: Served) -> None:
    intent = charged(client, metadata={"attempt_id": "att_1"})
    client.v1.refunds.create({"payment_intent": intent.id})
    simulator.app.pump()
    seen = []
    for headers, body in simulator.webhooks:
        event = client.construct_event(body, headers["Stripe-Signature"], SECRET)
        seen.append(event.type)
        assert not event.livemode
        fits(client.v1.events.retrieve(event.id))
    assert set(seen) == {"payment_intent.created", "charge.succeeded", "payment_intent.succeeded", "refund.created"} | {
        "charge.refunded"
    }
    with pytest.raises(stripe.SignatureVerificationError):
        client.construct_event(body, headers["Stripe-Signature"], "whsec_another")


@pytest.mark.parametrize("token", ["pm_card_createDispute", "pm_card_createDisputeInquiry"])
def test_a_dispute_is_read_listed_and_answered(client: StripeClient, token: str) -> None:
    intent = charged(client, token)
    (listed,) = client.v1.disputes.list({"payment_intent": intent.id}).data
    dispute = client.v1.disputes.retrieve(listed.id, {"expand": ["payment_intent"]})
    assert isinstance(dispute.payment_intent, stripe.PaymentIntent)
    fits(client.v1.disputes.retrieve(listed.id))
    answered = client.v1.disputes.update(listed.id, {"evidence": {"uncategorized_text": "the parcel came"}})
    assert answered.status.endswith("under_review")
    fits(answered)


def test_a_chargeback_is_closed_once(client: StripeClient) -> None:
    charged(client, "pm_card_createDispute")
    (listed,) = client.v1.disputes.list().data
    closed = client.v1.disputes.close(listed.id)
    assert (closed.status, [move.amount for move in closed.balance_transactions]) == ("lost", [-49900])
    fits(closed)
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.disputes.close(listed.id)
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.disputes.retrieve("du_nobody")


def test_a_debit_is_a_pending_charge_of_a_bank_account(client: StripeClient, simulator: Served) -> None:
    intent = charged(client, "pm_usBankAccount_processing", metadata={"attempt_id": "att_1"})
    assert intent.status == "processing"
    charge = client.v1.charges.retrieve(str(intent.latest_charge))
    assert (charge.status, charge.paid) == ("pending", False)
    fits(charge, intent, client.v1.payment_methods.retrieve(str(intent.payment_method)))
    simulator.control("pending/att_1", act="complete")
    assert client.v1.payment_intents.retrieve(intent.id).status == "succeeded"


def test_a_saved_card_is_charged_off_session(client: StripeClient) -> None:
    customer = client.v1.customers.create({"name": "Asha"})
    fits(customer)
    method = client.v1.payment_methods.attach("pm_card_visa", {"customer": customer.id})
    intent = charged(client, method.id, customer=customer.id, off_session=True, return_url=None)
    assert (intent.status, intent.customer) == ("succeeded", customer.id)
    assert [each.id for each in client.v1.customers.payment_methods.list(customer.id).data] == [method.id]
    client.v1.payment_methods.detach(method.id)
    with pytest.raises(stripe.InvalidRequestError):
        charged(client, method.id)


def test_a_saved_card_that_needs_its_payer_is_refused_off_session(client: StripeClient) -> None:
    customer = client.v1.customers.create()
    method = client.v1.payment_methods.attach("pm_card_authenticationRequired", {"customer": customer.id})
    with pytest.raises(stripe.CardError) as raised:
        charged(client, method.id, customer=customer.id, off_session=True)
    assert raised.value.code == "authentication_required"
