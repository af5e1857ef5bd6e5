"""PayPal's simulator: orders, from creation to capture, and their time limits."""

from __future__ import annotations

from typing import Any

import pytest

from gateway_simulators.paypal.settings import Settings
from simulator_tests.paypal.harness import ALL, HOUR, ORDERS, PAYMENTS, Harness, issue, order_body, usd


@pytest.fixture
def sim() -> Harness:
    return Harness()


def test_a_wallet_order_waits_for_its_payer_behind_another_link(sim: Harness) -> None:
    order = sim.create()
    assert order["status"] == "PAYER_ACTION_REQUIRED"
    assert [link["rel"] for link in order["links"]] == ["self", "payer-action"]
    bare = {name: value for name, value in order_body("att_2").items() if name != "payment_source"}
    plain = sim.http.post(ORDERS, json=bare).json()
    assert set(plain) == {"id", "status", "links"}
    assert (plain["status"], [link["rel"] for link in plain["links"]]) == (
        "CREATED", ["self", "approve", "update", "capture"],
    )  # fmt: skip
    assert len(plain["id"]) == 17


REFUSED: dict[str, tuple[dict[str, Any], int, str]] = {
    "no intent": ({"intent": None}, 400, "MISSING_REQUIRED_PARAMETER"),
    "another intent": ({"intent": "SALE"}, 400, "INVALID_PARAMETER_VALUE"),
    "no unit": ({"purchase_units": []}, 400, "INVALID_ARRAY_MIN_ITEMS"),
    "units missing": ({"purchase_units": None}, 400, "MISSING_REQUIRED_PARAMETER"),
    "a misspelt field": ({"purchase_unit": []}, 400, "INVALID_PARAMETER_SYNTAX"),
    "a card number": ({"payment_source": {"card": {"number": "4111"}}}, 403, "NOT_ENABLED_FOR_CARD_PROCESSING"),
    "a strange source": ({"payment_source": {"gold": {}}}, 400, "INVALID_PARAMETER_SYNTAX"),
    "a bad return": (
        {"payment_source": {"paypal": {"experience_context": {"return_url": "javascript:x"}}}},
        400, "INVALID_PARAMETER_SYNTAX",
    ),
    "a strange word": (
        {"payment_source": {"paypal": {"experience_context": {"user_action": "PAY"}}}}, 400, "INVALID_PARAMETER_VALUE",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("change", "http_status", "code"), REFUSED.values(), ids=REFUSED)
def test_an_order_that_paypal_would_not_take_is_refused(
    sim: Harness, change: dict[str, Any], http_status: int, code: str
) -> None:
    answer = sim.post(ORDERS, order_body() | change)
    assert issue(answer) == (http_status, code)
    assert set(answer.json()) == {"name", "message", "debug_id", "details", "links"}


AMOUNTS = [
    ("499.00", "INR", 422, "INVALID_CURRENCY_CODE"),
    ("499.001", "USD", 422, "DECIMAL_PRECISION"),
    ("499.00", "JPY", 422, "DECIMALS_NOT_SUPPORTED"),
    ("499.0", "HUF", 422, "DECIMALS_NOT_SUPPORTED"),
    ("499.00", "TWD", 422, "DECIMALS_NOT_SUPPORTED"),
    ("0.00", "USD", 422, "CANNOT_BE_ZERO_OR_NEGATIVE"),
    ("-1.00", "USD", 422, "CANNOT_BE_ZERO_OR_NEGATIVE"),
    ("1e3", "USD", 400, "INVALID_PARAMETER_SYNTAX"),
    ("", "USD", 400, "INVALID_PARAMETER_SYNTAX"),
    (499, "USD", 400, "INVALID_PARAMETER_SYNTAX"),
    ("1" * 33, "USD", 400, "INVALID_STRING_MAX_LENGTH"),
]


@pytest.mark.parametrize(("value", "currency", "http_status", "code"), AMOUNTS)
def test_an_amount_keeps_to_the_rules_of_its_currency(
    sim: Harness, value: Any, currency: str, http_status: int, code: str
) -> None:
    answer = sim.post(ORDERS, order_body(amount={"currency_code": currency, "value": value}))
    assert issue(answer) == (http_status, code)


@pytest.mark.parametrize(
    ("value", "currency", "minor"), [("499", "JPY", 499), ("499", "HUF", 49900), ("4.9", "USD", 490)]
)
def test_the_ledger_counts_minor_units(sim: Harness, value: str, currency: str, minor: int) -> None:
    sim.create(amount=usd(value, currency))
    assert (sim.ledger()["orders"][0]["amount"], sim.ledger()["orders"][0]["currency"]) == (minor, currency)


def test_too_long_a_text_is_refused(sim: Harness) -> None:
    for name, length in (("description", 128), ("custom_id", 256), ("invoice_id", 128), ("soft_descriptor", 23)):
        assert issue(sim.post(ORDERS, order_body(**{name: "x" * length}))) == (400, "INVALID_STRING_MAX_LENGTH")


def test_approved_and_captured_money_is_captured_once(sim: Harness) -> None:
    ref = sim.approved()
    assert sim.order(ref)["status"] == "APPROVED"
    order = sim.post(f"{ORDERS}/{ref}/capture").json()
    assert order["purchase_units"][0]["payments"]["captures"][0]["status"] == "COMPLETED"
    assert issue(sim.post(f"{ORDERS}/{ref}/capture")) == (422, "ORDER_ALREADY_CAPTURED")
    assert [capture["amount"] for capture in sim.ledger()["captures"]] == [49900]


def test_what_was_not_approved_or_is_of_another_intent_is_not_captured(sim: Harness) -> None:
    ref = sim.create()["id"]
    assert issue(sim.post(f"{ORDERS}/{ref}/capture")) == (422, "ORDER_NOT_APPROVED")
    assert issue(sim.post(f"{ORDERS}/{ref}/authorize")) == (422, "ACTION_DOES_NOT_MATCH_INTENT")
    assert issue(sim.post(f"{ORDERS}/NOSUCHORDER/capture")) == (404, "INVALID_RESOURCE_ID")


def test_a_repeated_call_acts_once_and_shows_the_state_of_now(sim: Harness) -> None:
    first = sim.post(ORDERS, order_body(), "k1")
    sim.act("pay")
    again = sim.post(ORDERS, order_body(value="1.00"), "k1")
    assert (first.status_code, again.status_code) == (201, 200)
    assert (again.json()["id"], again.json()["status"]) == (first.json()["id"], "APPROVED")
    ref = first.json()["id"]
    codes = [sim.post(f"{ORDERS}/{ref}/capture", key="k2").status_code for _ in range(3)]
    assert codes == [201, 200, 200]
    assert len(sim.ledger()["captures"]) == 1


def test_after_six_hours_the_same_id_is_a_new_order(sim: Harness) -> None:
    first = sim.create(key="k1")["id"]
    sim.wait(6 * HOUR - 1)
    assert sim.create(key="k1")["id"] == first
    sim.wait(1)
    assert sim.create(key="k1")["id"] != first


@pytest.mark.parametrize("remembers", [True, False])
def test_a_refusal_is_remembered_under_its_id_and_not_under_another(remembers: bool) -> None:
    sim = Harness(Settings(remembers_refusals=remembers))
    ref = sim.create()["id"]
    assert issue(sim.post(f"{ORDERS}/{ref}/capture", key="k2")) == (422, "ORDER_NOT_APPROVED")
    sim.act("pay")
    again = sim.post(f"{ORDERS}/{ref}/capture", key="k2")
    assert (issue(again) if remembers else again.status_code) == ((422, "ORDER_NOT_APPROVED") if remembers else 201)
    assert sim.post(f"{ORDERS}/{ref}/capture", key="k3").status_code == (201 if remembers else 422)


def test_a_refusal_is_forgotten_with_its_id(sim: Harness) -> None:
    ref = sim.create()["id"]
    assert issue(sim.post(f"{ORDERS}/{ref}/capture", key="k2")) == (422, "ORDER_NOT_APPROVED")
    sim.wait(5 * HOUR)
    sim.act("pay")
    sim.wait(HOUR)
    assert sim.post(f"{ORDERS}/{ref}/capture", key="k2").status_code == 201


@pytest.mark.parametrize(("path", "body"), [(ORDERS, {}), (f"{ORDERS}/NOSUCHORDER/capture", {})])
def test_an_invalid_request_is_not_stored_under_its_id(sim: Harness, path: str, body: dict[str, Any]) -> None:
    """An invalid body, and an order that does not exist."""
    assert sim.post(path, body, "k9").status_code in (400, 404)
    assert not sim.model.replays.keeps("k9")


def test_an_id_has_at_most_108_characters(sim: Harness) -> None:
    assert issue(sim.post(ORDERS, order_body(), "x" * 109)) == (400, "INVALID_STRING_LENGTH")
    assert sim.post(ORDERS, order_body(), "x" * 108).status_code == 201


def test_one_invoice_is_paid_once(sim: Harness) -> None:
    one, other = (sim.approved(f"att_{n}", invoice_id="INV") for n in (1, 2))
    assert sim.post(f"{ORDERS}/{one}/capture").status_code == 201
    assert issue(sim.post(f"{ORDERS}/{other}/capture")) == (422, "DUPLICATE_INVOICE_ID")


def test_an_order_without_approval_is_deleted_after_six_hours(sim: Harness) -> None:
    ref = sim.create()["id"]
    sim.wait(6 * HOUR)
    assert sim.http.get(f"{ORDERS}/{ref}").status_code == 404
    assert issue(sim.post(f"{ORDERS}/{ref}/capture")) == (422, "ORDER_EXPIRED")
    assert sim.act("pay").status_code == 409
    assert sim.events == []


def test_an_approval_that_is_not_captured_is_reversed_after_three_hours(sim: Harness) -> None:
    ref = sim.approved()
    sim.wait(3 * HOUR)
    assert sim.http.get(f"{ORDERS}/{ref}").status_code == 404
    assert sim.events == ["CHECKOUT.ORDER.APPROVED", "CHECKOUT.PAYMENT-APPROVAL.REVERSED"]


def test_a_late_approval_has_its_own_three_hours(sim: Harness) -> None:
    ref = sim.create()["id"]
    sim.wait(5 * HOUR)
    sim.act("pay")
    sim.wait(2 * HOUR)
    assert sim.post(f"{ORDERS}/{ref}/capture").status_code == 201


def test_a_declined_instrument_may_be_exchanged(sim: Harness) -> None:
    ref = sim.approved(act="fail_one_try")
    assert issue(sim.post(f"{ORDERS}/{ref}/capture", key="k2")) == (422, "INSTRUMENT_DECLINED")
    assert sim.order(ref)["status"] == "PAYER_ACTION_REQUIRED"
    sim.act("pay")
    assert sim.post(f"{ORDERS}/{ref}/capture", key="k3").status_code == 201


def test_a_declined_capture_completes_an_order_without_money(sim: Harness) -> None:
    ref = sim.approved(act="decline")
    order = sim.post(f"{ORDERS}/{ref}/capture").json()
    capture = order["purchase_units"][0]["payments"]["captures"][0]
    assert (order["status"], capture["status"], capture["processor_response"]["response_code"]) == (
        "COMPLETED", "DECLINED", "5100",
    )  # fmt: skip
    assert sim.ledger()["captures"] == []
    assert sim.events[-1] == "PAYMENT.CAPTURE.DECLINED"


@pytest.mark.parametrize(
    ("act", "status", "paid", "event"),
    [("complete", "COMPLETED", 1, "COMPLETED"), ("deny", "DECLINED", 0, "DENIED")],
)
def test_a_capture_under_review_ends_in_its_own_time(
    sim: Harness, act: str, status: str, paid: int, event: str
) -> None:
    ref = sim.approved(act="wait")
    capture = sim.post(f"{ORDERS}/{ref}/capture").json()["purchase_units"][0]["payments"]["captures"][0]
    assert (capture["status"], capture["status_details"]) == ("PENDING", {"reason": "PENDING_REVIEW"})
    assert issue(sim.refund(capture["id"])) == (422, "PENDING_CAPTURE")
    sim.http.post("/_sim/pending/att_1", json={"act": act}).raise_for_status()
    assert sim.http.get(f"{PAYMENTS}/captures/{capture['id']}").json()["status"] == status
    assert len(sim.ledger()["captures"]) == paid
    assert sim.events[-2:] == ["PAYMENT.CAPTURE.PENDING", f"PAYMENT.CAPTURE.{event}"]


def test_an_open_order_may_change_its_amount(sim: Harness) -> None:
    ref = sim.create()["id"]
    path = "/purchase_units/@reference_id=='default'/amount"
    patch = [{"op": "replace", "path": path, "value": usd("10.00")}]
    assert sim.http.patch(f"{ORDERS}/{ref}", json=patch).status_code == 204
    assert sim.order(ref)["purchase_units"][0]["amount"] == usd("10.00")
    assert issue(sim.http.patch(f"{ORDERS}/{ref}", json=[{"op": "add", "path": path, "value": usd("1.00")}])) == (
        400, "NOT_SUPPORTED",
    )  # fmt: skip


@pytest.mark.parametrize("call", ["create", "get", "capture", "refund"])
def test_a_refusal_on_purpose(sim: Harness, call: str) -> None:
    mocked = {"PayPal-Mock-Response": '{"mock_application_codes":"TRANSACTION_REFUSED"}'}
    ref, capture = sim.create("att_0")["id"], sim.captured("att_9")
    before = sim.ledger()["captures"]
    answer = {
        "create": lambda: sim.post(ORDERS, order_body(), **mocked),
        "get": lambda: sim.http.get(f"{ORDERS}/{ref}", headers=mocked),
        "capture": lambda: sim.post(f"{ORDERS}/{ref}/capture", **mocked),
        "refund": lambda: sim.post(f"{PAYMENTS}/captures/{capture}/refund", **mocked),
    }[call]()
    assert issue(answer) == (422, "TRANSACTION_REFUSED")
    assert sim.ledger()["captures"] == before


def test_a_body_of_another_kind_is_refused(sim: Harness) -> None:
    assert sim.http.post(ORDERS, data={"intent": "CAPTURE"}, headers=ALL).status_code == 415
    headers = {"Content-Type": "application/json"}
    for body in (b"[]", b"{", b"1"):
        assert issue(sim.http.post(ORDERS, content=body, headers=headers)) == (400, "MALFORMED_REQUEST_JSON")


def test_tokens_are_checked_and_expire(sim: Harness) -> None:
    assert sim.token("wrong").json() == {"error": "invalid_client", "error_description": "Client Authentication failed"}
    assert issue(sim.token(grant_type="password")) == (400, "INVALID_PARAMETER_VALUE")
    assert sim.token().json()["expires_in"] == 32_400
    sim.clock.advance(32_400)
    answer = sim.http.get(f"{ORDERS}/X")
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_token")


def test_a_path_that_paypal_does_not_have_is_its_404(sim: Harness) -> None:
    assert sim.http.get("/v2/checkout/order").json()["name"] == "RESOURCE_NOT_FOUND"
