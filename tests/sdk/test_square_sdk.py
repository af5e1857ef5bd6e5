"""Square's own client works with the simulator as with Square, and knows every field of our requests."""

from __future__ import annotations

import inspect
import random
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, get_args, get_origin, get_type_hints

import httpx
import pytest
import typing_extensions
from pydantic import BaseModel
from square import Square
from square.core.api_error import ApiError
from square.requests.order import OrderParams
from square.utils.webhooks_helper import verify_signature

from gateway_simulators.kit.clock import ManualClock
from gateway_simulators.kit.inprocess import InProcessTransport
from gateway_simulators.kit.outbox import Outbox
from gateway_simulators.square.app import create_app
from gateway_simulators.square.model import SquareModel
from gateway_simulators.square.settings import Settings
from gateway_simulators.square.webhooks import SIGNATURE_HEADER
from payments.domain.values.money import Money
from payments.domain.values.terms import MethodType, Terms
from payments.gateways.square import VERSION, requests
from tests.gateways.fakes import a_refund, an_attempt, an_order

HOOK = "https://api.example/dev/v1/webhooks/square"
ONCE: Any = {"max_retries": 0}
USD: Any = {"amount": 1000, "currency": "USD"}


class Shop:
    """The official client and the simulator, in one process."""

    def __init__(self, **habits: Any) -> None:
        self.settings = Settings(webhook_url=HOOK, **habits)
        self.clock = ManualClock()
        self.webhooks: list[tuple[Mapping[str, str], bytes]] = []
        self.versions: set[str] = set()
        model = SquareModel(self.clock.now, random.Random(5), self.settings)
        self.app = create_app(model, Outbox(self.clock.now, self._receive))
        hooks = {"request": [self._check]}
        http = httpx.Client(transport=InProcessTransport(self.app), event_hooks=hooks)
        self.sdk = Square(token=self.settings.access_token, base_url="http://sim.test", httpx_client=http)

    def pass_time(self, seconds: float) -> None:
        self.clock.advance(seconds)
        self.app.pump()

    def charge(self, key: str = "att_1", source: str = "cnon:card-nonce-ok", **more: Any) -> Any:
        answer = self.sdk.payments.create(
            source_id=source,
            idempotency_key=key,
            amount_money=USD,
            location_id=self.settings.location_id,
            reference_id=key,
            request_options=ONCE,
            **more,
        )
        return answer.payment

    def _check(self, request: httpx.Request) -> None:
        self.versions.add(request.headers["square-version"])

    def _receive(self, url: str, headers: Mapping[str, str], body: bytes) -> int:
        self.webhooks.append((headers, body))
        return 200


@pytest.fixture
def shop() -> Shop:
    return Shop()


def refusal(call: Callable[[], object]) -> ApiError:
    with pytest.raises(ApiError) as raised:
        call()
    return raised.value


def unknown_fields(shown: object) -> list[str]:
    """Fields of an answer that the client has no name for."""
    if isinstance(shown, list):
        return [name for each in shown for name in unknown_fields(each)]
    if not isinstance(shown, BaseModel):
        return []
    nested = (name for field in type(shown).model_fields for name in unknown_fields(getattr(shown, field)))
    return [*(shown.model_extra or {}), *nested]


def test_we_say_the_version_that_the_client_says(shop: Shop) -> None:
    shop.charge()
    assert shop.versions == {VERSION}


def test_a_card_is_charged_seen_and_listed(shop: Shop) -> None:
    paid = shop.charge()
    assert (paid.status, paid.amount_money.amount, paid.reference_id) == ("COMPLETED", 1000, "att_1")
    assert paid.card_details.card.last4 == "1111"
    assert shop.sdk.payments.get(payment_id=paid.id, request_options=ONCE).payment == paid
    listed = shop.sdk.payments.list(location_id=shop.settings.location_id, request_options=ONCE)
    assert [each.id for each in listed] == [paid.id]
    assert list(shop.sdk.payments.list(request_options=ONCE)) == []  # The main location has none.
    assert unknown_fields(paid) == []


def test_a_list_is_read_to_its_end(shop: Shop) -> None:
    made = [shop.charge(f"att_{number}").id for number in range(7)]
    where = shop.settings.location_id
    listed = shop.sdk.payments.list(location_id=where, limit=3, sort_order="ASC", request_options=ONCE)
    assert [each.id for each in listed] == made


def test_an_authorization_is_lowered_and_completed(shop: Shop) -> None:
    authorized = shop.charge(autocomplete=False)
    assert (authorized.status, authorized.delay_duration, authorized.delay_action) == ("APPROVED", "PT168H", "CANCEL")
    assert "EDIT_AMOUNT_DOWN" in authorized.capabilities
    lower: Any = {"amount_money": {"amount": 400, "currency": "USD"}, "version_token": authorized.version_token}
    payments = shop.sdk.payments
    lowered = payments.update(
        payment_id=authorized.id, idempotency_key="u", payment=lower, request_options=ONCE
    ).payment
    assert lowered is not None
    done = payments.complete(
        payment_id=authorized.id, version_token=lowered.version_token, request_options=ONCE
    ).payment
    assert done is not None
    assert done.total_money is not None
    assert (done.status, done.total_money.amount, done.capabilities) == ("COMPLETED", 400, None)
    assert unknown_fields(lowered) == unknown_fields(done) == []


def test_complete_needs_no_body_of_its_own(shop: Shop) -> None:
    authorized = shop.charge(autocomplete=False)
    done = shop.sdk.payments.complete(payment_id=authorized.id, request_options=ONCE).payment
    assert done is not None
    assert done.status == "COMPLETED"
    again = refusal(lambda: shop.sdk.payments.complete(payment_id=authorized.id, request_options=ONCE))
    assert (again.status_code, again.body["errors"][0]["code"]) == (400, "BAD_REQUEST")


def test_an_authorization_is_voided_by_id_or_by_key(shop: Shop) -> None:
    first, second = shop.charge("att_1", autocomplete=False), shop.charge("att_2", autocomplete=False)
    gone = shop.sdk.payments.cancel(payment_id=first.id, request_options=ONCE).payment
    assert gone is not None
    assert gone.status == "CANCELED"
    for key in ("att_2", "att_never"):
        shop.sdk.payments.cancel_by_idempotency_key(idempotency_key=key, request_options=ONCE)
    seen = shop.sdk.payments.get(payment_id=second.id, request_options=ONCE).payment
    assert seen is not None
    assert seen.status == "CANCELED"


@pytest.mark.parametrize(("habits", "http_status"), [({}, 402), ({"all_declines_are_400": True}, 400)])
def test_a_decline_is_an_error_with_a_payment_beside_it(habits: dict[str, Any], http_status: int) -> None:
    shop = Shop(**habits)
    error = refusal(lambda: shop.charge(source="cnon:card-nonce-declined"))
    assert (error.status_code, error.body["payment"]["status"]) == (http_status, "FAILED")
    assert (error.errors[0].category, error.errors[0].code) == ("PAYMENT_METHOD_ERROR", "GENERIC_DECLINE")


def test_a_wrong_token_is_unauthorized(shop: Shop) -> None:
    http = httpx.Client(transport=InProcessTransport(shop.app))
    other = Square(token="other", base_url="http://sim.test", httpx_client=http)
    error = refusal(lambda: other.payments.get(payment_id="P1", request_options=ONCE))
    assert (error.status_code, error.errors[0].code) == (401, "UNAUTHORIZED")


def test_a_refund_is_made_seen_and_listed(shop: Shop) -> None:
    paid = shop.charge()
    refunds = shop.sdk.refunds
    made = refunds.refund_payment(
        idempotency_key="rfd_1", amount_money=USD, payment_id=paid.id, reason="x rfd_1", request_options=ONCE
    ).refund
    assert made is not None
    assert (made.status, made.payment_id, made.reason) == ("PENDING", paid.id, "x rfd_1")
    shop.pass_time(10)
    seen = refunds.get(refund_id=made.id, request_options=ONCE).refund
    assert seen is not None
    assert seen.status == "COMPLETED"
    assert [each.id for each in refunds.list(request_options=ONCE)] == [made.id]
    payment = shop.sdk.payments.get(payment_id=paid.id, request_options=ONCE).payment
    assert payment is not None
    assert payment.refunded_money is not None
    assert (payment.refund_ids, payment.refunded_money.amount) == ([made.id], 1000)
    assert unknown_fields(made) == unknown_fields(seen) == unknown_fields(payment) == []


def test_a_dispute_is_read_listed_and_accepted(shop: Shop) -> None:
    paid = shop.charge()
    ref = shop.app.model.open_dispute("att_1", 400, "chargeback", "", 86400)
    disputes = shop.sdk.disputes
    found = disputes.get(dispute_id=ref, request_options=ONCE).dispute
    assert found is not None
    assert found.disputed_payment is not None
    assert (found.state, found.disputed_payment.payment_id) == ("EVIDENCE_REQUIRED", paid.id)
    assert [each.id for each in disputes.list(location_id=shop.settings.location_id, request_options=ONCE)] == [ref]
    accepted = disputes.accept(dispute_id=ref, request_options=ONCE).dispute
    assert accepted is not None
    assert accepted.state == "ACCEPTED"
    assert refusal(lambda: disputes.accept(dispute_id=ref, request_options=ONCE)).status_code == 400
    assert unknown_fields(found) == unknown_fields(accepted) == []


def a_link(shop: Shop) -> Any:
    order: Any = {
        "location_id": shop.settings.location_id,
        "reference_id": "att_1",
        "line_items": [{"name": "Bag", "quantity": "2", "base_price_money": {"amount": 500, "currency": "USD"}}],
    }
    links = shop.sdk.checkout.payment_links
    return links.create(idempotency_key="att_1", order=order, request_options=ONCE)


def test_a_link_is_made_paid_and_seen_by_its_order(shop: Shop) -> None:
    made = a_link(shop)
    assert made.related_resources.orders[0].state == "DRAFT"
    shop.app.model.act("att_1", "pay")
    order = shop.sdk.orders.get(order_id=made.payment_link.order_id, request_options=ONCE).order
    assert order is not None
    assert order.tenders is not None
    assert (order.state, order.reference_id, len(order.tenders)) == ("OPEN", "att_1", 1)
    paid = shop.sdk.payments.get(payment_id=order.tenders[0].payment_id or "", request_options=ONCE).payment
    assert paid is not None
    assert (paid.status, paid.order_id, paid.reference_id) == ("COMPLETED", order.id, None)
    assert unknown_fields(made) == unknown_fields(order) == unknown_fields(paid) == []


def test_a_link_is_deleted_with_its_order(shop: Shop) -> None:
    link = a_link(shop).payment_link
    links = shop.sdk.checkout.payment_links
    assert [each.id for each in links.list(request_options=ONCE)] == [link.id]
    assert links.delete(id=link.id, request_options=ONCE).cancelled_order_id == link.order_id
    assert refusal(lambda: links.get(id=link.id, request_options=ONCE)).status_code == 404
    order = shop.sdk.orders.get(order_id=link.order_id, request_options=ONCE).order
    assert order is not None
    assert order.state == "CANCELED"


def test_a_quick_link_is_made(shop: Shop) -> None:
    quick: Any = {"name": "Bag", "price_money": USD, "location_id": shop.settings.location_id}
    made = shop.sdk.checkout.payment_links.create(quick_pay=quick, request_options=ONCE)
    assert made.payment_link is not None
    assert made.payment_link.url


def test_each_location_has_its_currency(shop: Shop) -> None:
    found = shop.sdk.locations.list(request_options=ONCE).locations or []
    assert [(each.id, each.currency) for each in found][1] == (shop.settings.location_id, "USD")
    assert unknown_fields(found) == []


def test_every_webhook_is_accepted_by_the_clients_own_check(shop: Shop) -> None:
    paid = shop.charge()
    refusal(lambda: shop.charge("att_2", "cnon:card-nonce-declined"))
    shop.sdk.refunds.refund_payment(idempotency_key="rfd_1", amount_money=USD, payment_id=paid.id, request_options=ONCE)
    shop.pass_time(10)
    assert len(shop.webhooks) >= 5
    for headers, body in shop.webhooks:
        given = {"request_body": body.decode(), "signature_header": headers[SIGNATURE_HEADER]}
        key = shop.settings.signature_key
        assert verify_signature(**given, signature_key=key, notification_url=HOOK)
        assert not verify_signature(**given, signature_key=key, notification_url=HOOK + "/")
        assert not verify_signature(**given, signature_key="other", notification_url=HOOK)


# Our adapter's requests, against the names that the client knows.

ATTEMPT = an_attempt()
CARD_ONLY = replace(ATTEMPT, terms=Terms(MethodType.CARD))
CLIENT = Square(token="x")
SENT: dict[str, tuple[Callable[..., Any], Mapping[str, object]]] = {
    "link": (CLIENT.checkout.payment_links.create, requests.to_link(ATTEMPT, an_order(), "L1")),
    "card link": (CLIENT.checkout.payment_links.create, requests.to_link(CARD_ONLY, an_order(), "L1")),
    "charge": (CLIENT.payments.create, requests.to_charge(ATTEMPT, an_order(), "L1")),
    "update": (CLIENT.payments.update, requests.to_update(ATTEMPT, Money(1, "USD"))),
    "complete": (CLIENT.payments.complete, requests.to_completion({"version_token": "v"})),
    "refund": (CLIENT.refunds.refund_payment, requests.to_refund(a_refund(ATTEMPT, 1), "P1")),
    "payments": (CLIENT.payments.list, requests.to_payments_window(ATTEMPT, "L1", "") | {"cursor": "c"}),
}


def misspelt(body: object, hint: object) -> list[str]:
    """Names in `body` that `hint` (a TypedDict, or a type made of them) does not have."""
    if isinstance(body, list):
        return [name for each in body for name in misspelt(each, hint)]
    if not isinstance(body, dict):
        return []
    known = {name: kind for each in typed_dicts(hint) for name, kind in get_type_hints(each).items()}
    nested = (name for key in body if key in known for name in misspelt(body[key], known[key]))
    return [*(key for key in body if key not in known), *nested]


def typed_dicts(hint: object) -> list[Any]:
    if typing_extensions.is_typeddict(hint):
        return [hint]
    return [found for each in get_args(hint) for found in typed_dicts(each)] if get_origin(hint) else []


@pytest.mark.parametrize("call", SENT)
def test_the_client_knows_every_field_that_we_send(call: str) -> None:
    method, body = SENT[call]
    hints = get_type_hints(method)
    assert body
    for name, value in body.items():
        assert name in inspect.signature(method).parameters, name
        assert misspelt(value, hints[name]) == []


def test_a_misspelt_field_would_be_noticed() -> None:
    order = {"location_id": "L1", "referenceid": "x", "line_items": [{"quantity": "1", "base_price": {"amount": 1}}]}
    assert misspelt(order, OrderParams) == ["referenceid", "base_price"]
