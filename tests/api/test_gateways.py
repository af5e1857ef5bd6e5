"""Over HTTP: choosing a gateway, charging a token, authorizing, capturing, cancelling, proofs of the browser."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from payments.domain.values.account import Account
from payments.gateways.contract.errors import Misconfigured, Unavailable
from tests.api.driver import Edge
from tests.runtime.written import written_to
from tests.simulated import simulator_secret
from tests.world import make_world

ALL = ("phonepe", "razorpay", "paypal", "stripe", "square")
DOLLARS = {"currency": "USD", "gateway": "stripe"}
TOKEN = "pm_card_visa"


@pytest.fixture
def india(capfd: pytest.CaptureFixture[str]) -> Iterator[Edge]:
    yield from an_edge(capfd, "IN", ("phonepe", "razorpay"))


@pytest.fixture
def america(capfd: pytest.CaptureFixture[str]) -> Iterator[Edge]:
    yield from an_edge(capfd, "US", ("stripe", "square"))


def an_edge(capfd: pytest.CaptureFixture[str], country: str, order: tuple[str, ...]) -> Iterator[Edge]:
    world = make_world(1, True, ALL)
    world.workspace(country=country, gateways=order)
    with written_to(capfd) as written:
        yield Edge(world, written)


def names_of(edge: Edge) -> list[str]:
    return [offer["name"] for offer in edge.call("GET", "/v1/gateways?currency=INR&amount=49900").json["data"]]


def authorized(edge: Edge) -> str:
    response = edge.pay(**DOLLARS, payment_method=TOKEN, capture="manual")
    assert (response.status, response.json["status"], response.json["amount_capturable"]) == (201, "authorized", 49900)
    return str(response.json["payment_id"])


def test_a_workspace_with_another_order_of_gateways_is_known_within_a_minute(india: Edge) -> None:
    assert names_of(india)[0] == "phonepe"
    india.world.workspace(gateways=("razorpay", "phonepe"))
    india.world.clock.sleep(59.9)
    assert names_of(india)[0] == "phonepe"
    india.world.clock.sleep(0.1)
    assert names_of(india)[0] == "razorpay"


def test_a_member_of_a_workspace_that_has_no_row_of_its_own_finds_nothing(india: Edge) -> None:
    key: Any = {"pk": {"S": "T#ws_demo#WS"}, "sk": {"S": "WORKSPACE"}}
    india.world.dynamo.delete_item(TableName="pavati-dev-workspaces", Key=key)
    assert india.call("GET", "/v1/gateways?currency=INR").code == "not_found"
    assert india.call("GET", "/v1/payments").status == 200


def test_the_gateways_are_reported_in_the_workspaces_order_with_what_each_can_do(india: Edge) -> None:
    offers = india.call("GET", "/v1/gateways?currency=INR&amount=49900").json["data"]
    assert [offer["name"] for offer in offers] == ["phonepe", "razorpay", "stripe"]
    phonepe, razorpay, _ = offers
    assert phonepe["method_types"] == ["upi", "card", "netbanking"]
    assert not any(phonepe["abilities"].values())
    assert razorpay["abilities"] == {
        "capture": True,
        "partial_capture": False,
        "cancel": False,
        "charge": False,
        "verify": True,
    }
    assert list(razorpay["client"]) == ["key_id"]
    assert (phonepe["minimum_amount"], phonepe["minimum_refund"], phonepe["refund_window_days"]) == (100, 100, 90)


def test_what_a_gateway_accepts_is_reported_for_the_requested_country_and_currency(india: Edge) -> None:
    offers = india.call("GET", "/v1/gateways?currency=USD&country=US").json["data"]
    stripe = next(offer for offer in offers if offer["name"] == "stripe")
    assert (stripe["minimum_amount"], stripe["minimum_refund"]) == (50, 1)
    assert all("card" in offer["method_types"] for offer in offers)


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("currency=INR&amount=99", ["stripe"]),
        ("currency=INR&amount=100", ["phonepe", "razorpay", "stripe"]),
        ("currency=USD&country=US", ["paypal", "stripe", "square"]),
        ("currency=KWD", []),
        ("", ["phonepe", "razorpay", "stripe"]),
    ],
)
def test_currency_country_and_amount_rule_gateways_out(india: Edge, query: str, names: list[str]) -> None:
    offers = india.call("GET", f"/v1/gateways?{query}").json["data"]
    assert [offer["name"] for offer in offers] == names


@pytest.mark.parametrize("query", ["currency=inr", "country=India", "amount=0", "amount=1.5", "gateway=phonepe"])
def test_a_question_that_makes_no_sense_is_refused(india: Edge, query: str) -> None:
    response = india.call("GET", f"/v1/gateways?{query}")
    assert (response.status, response.code) == (400, "invalid_amount" if "amount" in query else "invalid_request")


def test_no_secret_is_among_the_public_values(india: Edge) -> None:
    text = india.call("GET", "/v1/gateways?currency=USD&country=US").text
    secrets = [simulator_secret(name, "https://api.example/hook") for name in ALL]
    public = {value for name in ALL for value in india.world.ports.public(Account(name)).values.values()}
    hidden = {value for secret in secrets for value in _texts(secret) if len(value) > 7} - public
    assert {value for value in hidden if value in text and not any(value in each for each in public)} == set()
    assert "publishable_key" in text


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _texts(inner)


def test_an_ineligible_choice_is_422_and_names_those_that_may(india: Edge) -> None:
    response = india.pay(gateway="paypal")
    assert (response.status, response.code) == (422, "gateway_not_eligible")
    assert response.json["error"]["details"]["gateways"] == ["phonepe", "razorpay", "stripe"]


def test_the_payers_script_gets_public_texts(india: Edge) -> None:
    action = india.pay(gateway="razorpay").json["next_action"]
    assert action["type"] == "client_sdk"
    assert {"key", "order_id", "amount", "currency"} <= set(action["values"])
    assert all(isinstance(value, str) for value in action["values"].values())


def test_a_declined_charge_carries_our_code_and_theirs(america: Edge) -> None:
    response = america.pay(**DOLLARS, payment_method="pm_card_visa_chargeDeclinedInsufficientFunds")
    assert (response.status, response.json["status"]) == (201, "failed")
    failure = response.json["failure"]
    assert (failure["code"], failure["gateway_code"]) == ("insufficient_funds", "insufficient_funds")


def test_what_is_authorized_is_captured_in_part_and_the_token_is_shown_nowhere(america: Edge) -> None:
    payment_id = authorized(america)
    response = america.call("POST", f"/v1/payments/{payment_id}/capture", {"amount": 30000})
    assert (response.status, response.json["status"], response.json["amount_captured"]) == (200, "completed", 30000)
    assert (response.json["amount_capturable"], response.json["capture"]) == (0, "manual")
    again = america.call("POST", f"/v1/payments/{payment_id}/capture", {"amount": 30000})
    assert again.json["amount_captured"] == 30000
    timeline = america.call("GET", f"/v1/payments/{payment_id}/events").text
    assert TOKEN not in response.text + timeline + america.written.text()


def test_what_is_authorized_is_voided(america: Edge) -> None:
    payment_id = authorized(america)
    response = america.call("POST", f"/v1/payments/{payment_id}/cancel", {"reason": "out of stock"})
    assert (response.status, response.json["status"], response.json["next_action"]["type"]) == (
        200,
        "cancelled",
        "none",
    )


@pytest.mark.parametrize(
    ("path", "body", "status", "code"),
    [
        ("capture", {"amount": 49901}, 422, "capture_exceeds_authorized"),
        ("capture", {"amount": None}, 400, "invalid_amount"),
        ("capture", {"amount": "all"}, 400, "invalid_amount"),
        ("capture", None, 400, "invalid_request"),
        ("cancel", {"reason": 7}, 400, "invalid_request"),
        ("verify", {"proof": {"a": 1}}, 400, "invalid_request"),
    ],
)
def test_what_makes_no_sense_moves_nothing(america: Edge, path: str, body: Any, status: int, code: str) -> None:
    payment_id = authorized(america)
    response = america.call("POST", f"/v1/payments/{payment_id}/{path}", body)
    assert (response.status, response.code) == (status, code)
    assert america.call("GET", f"/v1/payments/{payment_id}").json["amount_capturable"] == 49900


@pytest.mark.parametrize(
    ("changes", "response"),
    [
        ({"payment_method": TOKEN}, "Send gateway with payment_method"),
        ({"installments": 3}, "Send method_type emi with installments"),
        ({"installments": 0, "method_type": "emi"}, "installments"),
        ({"capture": "later"}, "capture"),
        ({"method_type": "cheque"}, "method_type"),
        ({"payment_method": "x"}, "payment_method"),
    ],
)
def test_terms_that_contradict_each_other_are_refused(america: Edge, changes: dict[str, Any], response: str) -> None:
    answer = america.pay(currency="USD", **changes)
    assert (answer.status, answer.code) == (400, "invalid_request")
    assert response in answer.message


@pytest.mark.parametrize("token", ["4242424242424242", "pm_4242424242424242"])
def test_a_card_number_is_no_token(america: Edge, token: str) -> None:
    answer = america.pay(**DOLLARS, payment_method=token)
    assert (answer.status, answer.code) == (422, "raw_card_data_rejected")


def test_a_retry_may_go_to_another_gateway_with_a_new_token(america: Edge) -> None:
    payment_id = america.pay(**DOLLARS, payment_method="pm_card_visa_chargeDeclined").json["payment_id"]
    again = {"gateway": "square", "payment_method": "cnon:card-nonce-ok"}
    response = america.call("POST", f"/v1/payments/{payment_id}/retry", again, key="retry-1")
    assert (response.status, response.json["status"], response.json["gateway"]) == (201, "completed", "square")


def test_the_script_s_proof_is_checked_and_then_the_gateway_called(india: Edge) -> None:
    payment = india.pay(gateway="razorpay").json
    path = f"/v1/payments/{payment['payment_id']}/verify"
    forged = {"razorpay_payment_id": "pay_1", "razorpay_order_id": "order_1", "razorpay_signature": "0" * 64}
    bodies: list[Any] = [{"proof": forged}, {"proof": {}}, {}, None]
    for body in bodies:
        response = india.call("POST", path, body)
        assert (response.status, response.code) == (422, "proof_refused")
    assert india.call("GET", f"/v1/payments/{payment['payment_id']}").json["status"] == "pending"


@pytest.mark.parametrize("body", [None, {}, {"proof": {}}, {"proof": {"checksum": "abc"}}])
def test_where_no_script_gives_a_proof_verifying_is_a_status_call(india: Edge, body: Any) -> None:
    payment = india.pay(gateway="phonepe").json
    path = f"/v1/payments/{payment['payment_id']}/verify"
    response = india.call("POST", path, body)
    assert (response.status, response.json["status"]) == (200, "pending")
    india.world.payer("pay", payment["attempts"][0]["attempt_id"])
    response = india.call("POST", path, body)
    assert (response.status, response.json["status"], response.json["amount_captured"]) == (200, "completed", 49900)
    assert india.call("GET", f"/v1/payments/{payment['payment_id']}").json == response.json


def test_the_browser_comes_back_whatever_the_gateway_adds_to_the_address(india: Edge) -> None:
    """PayPal adds `token` and `PayerID`, Square `orderId`, Stripe `payment_intent`."""
    made = india.pay(gateway="phonepe").json
    address = india.world.sim.model.known_order(made["attempts"][0]["attempt_id"]).redirect_url
    path = address[address.index("/v1/") :]
    for added in ("&token=5O190127TN364715T&PayerID=QYR5Z8XDVJNXQ", "&orderId=1&transactionId=2"):
        assert india.call("GET", path + added, sub=None, tenant=None).status == 302


def test_razorpay_s_webhooks_may_come_by_an_address_without_its_name(india: Edge) -> None:
    payment = india.pay(gateway="razorpay").json
    sent: list[tuple[bytes, dict[str, str]]] = []

    def keep(url: str, headers: dict[str, str], body: bytes) -> int:
        sent.append((body, dict(headers)))
        return 200

    india.world.sims["razorpay"].outbox._post = keep
    india.world.payer("pay", payment["attempts"][0]["attempt_id"], at="razorpay")
    india.world.advance(2)
    for body, headers in sent:
        lower = {name.lower(): value for name, value in headers.items()}
        response = india.call("POST", "/v1/webhooks/rzp", raw=body, headers=lower, sub=None, tenant=None)
        assert response.status == 200
    assert india.call("GET", f"/v1/payments/{payment['payment_id']}").json["status"] == "completed"


@pytest.mark.parametrize("name", ["paypal", "stripe", "square"])
def test_a_gateway_that_is_not_filled_in_differs_from_the_others(india: Edge, name: str) -> None:
    india.world.secrets[name] = {}
    offers = {offer["name"]: offer for offer in india.call("GET", "/v1/gateways?currency=USD&country=US").json["data"]}
    assert set(offers) == {"paypal", "stripe", "square"}
    assert {each: offer["configured"] for each, offer in offers.items()} == {each: each != name for each in offers}
    assert {each: bool(offer["client"]) for each, offer in offers.items()} == {each: each != name for each in offers}


def test_a_gateway_whose_secret_is_no_json_differs_from_the_others(india: Edge) -> None:
    india.world.secrets["paypal"] = Misconfigured("pavati/dev/paypal/main/api is no JSON object")
    offers = india.call("GET", "/v1/gateways?currency=USD&country=US").json["data"]
    assert {offer["name"]: offer["configured"] for offer in offers} == {"paypal": False, "stripe": True, "square": True}


def test_a_parameter_that_does_not_fit_is_named_in_the_log(india: Edge) -> None:
    india.world.secrets["stripe"] = {"configured": True, "publishable_key": "sk_test_1"}
    india.written.text()
    offers = india.call("GET", "/v1/gateways?currency=USD&country=US").json["data"]
    stripe = next(offer for offer in offers if offer["name"] == "stripe")
    assert (stripe["configured"], stripe["client"]) == (False, {})
    failed, request = india.written.lines()
    assert (failed["level"], failed["message"], failed["operation"]) == ("ERROR", "gateway.failed", "read_public")
    assert failed["why"].startswith("pavati/dev/stripe/main/public: field publishable_key does not fit")
    assert (failed["gateway"], failed["account"], request["http_status"]) == ("stripe", "main", 200)


def test_where_parameters_cannot_be_read_now_the_list_is_503_and_says_why_in_the_log(india: Edge) -> None:
    india.world.secrets["stripe"] = Unavailable("pavati/dev/stripe/main/public could not be read: ThrottlingException")
    india.written.text()
    response = india.call("GET", "/v1/gateways?currency=USD&country=US")
    assert (response.status, response.code) == (503, "gateway_unavailable")
    failed, _ = india.written.lines()
    assert (failed["level"], failed["operation"]) == ("WARNING", "read_public")
    assert failed["why"].endswith("ThrottlingException")
