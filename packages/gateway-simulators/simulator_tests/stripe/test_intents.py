"""PaymentIntents: what each payment method does, and which status follows which."""

from __future__ import annotations

from typing import Any

import pytest

from gateway_simulators.stripe.instruments import BY_TOKEN, Instrument
from simulator_tests.stripe.harness import Harness

CARDS = [instrument for instrument in BY_TOKEN.values() if not instrument.is_debit]
SUCCEEDING = [card for card in CARDS if not card.decline and not card.challenge]
DECLINED = [card for card in CARDS if card.decline]
CHALLENGED = [card for card in CARDS if card.challenge]
CHALLENGE = "pm_card_threeDSecure2Required"
DAY = 86400


def by_token(card: Instrument) -> str:
    return card.token


@pytest.mark.parametrize("card", SUCCEEDING, ids=by_token)
def test_a_good_card_pays_at_once(sim: Harness, card: Instrument) -> None:
    intent = sim.charge(card.token)
    assert (intent["status"], intent["amount_received"]) == ("succeeded", 49900)
    assert sim.ledger()["captures"][0]["amount"] == 49900


@pytest.mark.parametrize("card", DECLINED, ids=by_token)
def test_a_bad_card_is_declined_and_the_intent_waits_for_another(sim: Harness, card: Instrument) -> None:
    error = sim.charge_call(card.token)
    code, _, decline_code = card.decline.partition("/")
    response = error.json()["error"]
    assert (error.status_code, response["type"], response["code"]) == (402, "card_error", code)
    assert response.get("decline_code", "") == decline_code
    assert response["payment_intent"]["status"] == "requires_payment_method"
    assert sim.get(f"charges/{response['charge']}")["status"] == "failed"
    assert sim.ledger()["captures"] == []
    confirmed = sim.post(f"payment_intents/{response['payment_intent']['id']}/confirm", payment_method="pm_card_visa")
    assert confirmed["status"] == "succeeded"


@pytest.mark.parametrize("card", CHALLENGED, ids=by_token)
def test_a_card_may_ask_for_a_challenge(sim: Harness, card: Instrument) -> None:
    intent = sim.charge(card.token)
    assert (intent["status"], intent["latest_charge"]) == ("requires_action", None)
    assert intent["next_action"]["redirect_to_url"]["url"] == f"http://sim.test/3d_secure_2/hosted/{intent['id']}"
    sim.act("pay")
    after = sim.get(f"payment_intents/{intent['id']}")
    assert after["status"] == ("requires_payment_method" if card.after_challenge else "succeeded")


def test_a_payer_who_fails_the_challenge_has_not_paid(sim: Harness) -> None:
    intent = sim.charge(CHALLENGE)
    sim.act("decline")
    after = sim.get(f"payment_intents/{intent['id']}")
    assert after["last_payment_error"]["code"] == "payment_intent_authentication_failure"
    assert after["status"] == "requires_payment_method"


def test_without_a_way_back_the_challenge_is_for_stripes_script(sim: Harness) -> None:
    never = {"automatic_payment_methods[enabled]": "true", "automatic_payment_methods[allow_redirects]": "never"}
    intent = sim.charge(CHALLENGE, return_url=None, **never)
    assert intent["next_action"]["type"] == "use_stripe_sdk"


def test_a_challenge_off_session_is_a_decline_without_a_charge(sim: Harness) -> None:
    error = sim.charge_call(CHALLENGE, off_session="true").json()["error"]
    assert (error["code"], error["decline_code"]) == ("authentication_required", "authentication_required")
    assert error["payment_intent"]["status"] == "requires_payment_method"
    assert "charge" not in error


def test_a_card_may_be_given_later_and_confirmed(sim: Harness) -> None:
    intent = sim.post("payment_intents", amount=100, currency="usd")
    assert intent["status"] == "requires_payment_method"
    path = f"payment_intents/{intent['id']}/confirm"
    assert sim.refused(path, return_url="https://x.example")["code"] == "payment_intent_unexpected_state"
    assert "return_url" in sim.refused(path, payment_method="pm_card_visa")["message"]
    assert sim.post(path, payment_method="pm_card_visa", return_url="https://x.example")["status"] == "succeeded"


# Authorizations.


def test_an_authorization_says_until_when_it_lasts(sim: Harness) -> None:
    intent = sim.authorize()
    charge = sim.get(f"charges/{intent['latest_charge']}")
    assert (intent["status"], intent["amount_capturable"]) == ("requires_capture", 49900)
    assert charge["payment_method_details"]["card"]["capture_before"] == charge["created"] + 7 * DAY
    assert not charge["captured"]


@pytest.mark.parametrize(("wanted", "captured"), [({}, 49900), ({"amount_to_capture": 1}, 1)])
def test_an_authorization_is_captured_once_in_whole_or_in_part(
    sim: Harness, wanted: dict[str, Any], captured: int
) -> None:
    intent = sim.authorize()
    path = f"payment_intents/{intent['id']}/capture"
    assert sim.post(path, **wanted)["amount_received"] == captured
    error = sim.refused(path)
    assert (error["http"], error["code"]) == (400, "payment_intent_unexpected_state")
    assert "could not be captured because it has a status of succeeded" in error["message"]
    assert error["payment_intent"]["id"] == intent["id"]
    assert [capture["amount"] for capture in sim.ledger()["captures"]] == [captured]


@pytest.mark.parametrize(
    ("amount", "code", "param"),
    [(49901, "amount_too_large", "amount_to_capture"), (0, "parameter_invalid_integer", "amount")],
)
def test_neither_more_than_is_authorized_nor_nothing_is_captured(
    sim: Harness, amount: int, code: str, param: str
) -> None:
    error = sim.refused(f"payment_intents/{sim.authorize()['id']}/capture", amount_to_capture=amount)
    assert (error["code"], error["param"]) == (code, param)


def test_an_authorization_that_is_not_captured_runs_out(sim: Harness) -> None:
    intent = sim.authorize()
    sim.wait(7 * DAY - 1)
    assert sim.get(f"payment_intents/{intent['id']}")["status"] == "requires_capture"
    sim.wait(1)
    after = sim.get(f"payment_intents/{intent['id']}")
    assert (after["status"], after["cancellation_reason"]) == ("canceled", "expired")
    assert sim.refused(f"payment_intents/{intent['id']}/capture")["code"] == "payment_intent_unexpected_state"
    assert sim.ledger()["orders"][0]["state"] == "expired"


def test_a_voided_authorization_makes_no_refund(sim: Harness) -> None:
    intent = sim.authorize()
    assert sim.post(f"payment_intents/{intent['id']}/cancel")["status"] == "canceled"
    charge = sim.get(f"charges/{intent['latest_charge']}")
    assert (charge["refunded"], charge["amount_refunded"], charge["amount_captured"]) == (False, 0, 0)
    assert sim.get("refunds")["data"] == []


@pytest.mark.parametrize("method", ["pm_card_visa", CHALLENGE])
def test_only_an_unfinished_intent_can_be_cancelled(sim: Harness, method: str) -> None:
    intent = sim.charge(method)
    path = f"payment_intents/{intent['id']}/cancel"
    if method == CHALLENGE:
        assert sim.post(path, cancellation_reason="abandoned")["cancellation_reason"] == "abandoned"
    assert sim.refused(path)["code"] == "payment_intent_unexpected_state"


# Requests that are refused before anything happens.

BAD: list[tuple[dict[str, Any], str, str]] = [
    ({"amount": "1.5"}, "parameter_invalid_integer", "amount"),
    ({"amount": "-1"}, "", "amount"),
    ({"amount": 0}, "parameter_invalid_integer", "amount"),
    ({"amount": 49}, "amount_too_small", "amount"),
    ({"amount": 100_000_000}, "amount_too_large", "amount"),
    ({"amount": None}, "parameter_missing", "amount"),
    ({"currency": None}, "parameter_missing", "currency"),
    ({"currency": "dollars"}, "", "currency"),
    ({"confirm": "yes"}, "", "confirm"),
    ({"capture_method": "later"}, "", "capture_method"),
    ({"amont": 1}, "parameter_unknown", "amont"),
    ({"automatic_payment_methods[enable]": "true"}, "parameter_unknown", "automatic_payment_methods[enable]"),
    ({"payment_method_types[]": "card"}, "payment_method_types_no_longer_supported", "payment_method_types"),
    ({"metadata": "x"}, "", "metadata"),
    ({"metadata[x]": "y" * 501}, "", "metadata[x]"),
    ({"payment_method": "pm_nobody"}, "resource_missing", "payment_method"),
    ({"statement_descriptor_suffix": "x" * 23}, "parameter_invalid_string", "statement_descriptor_suffix"),
    ({"statement_descriptor_suffix": "2026"}, "parameter_invalid_string", "statement_descriptor_suffix"),
    ({"statement_descriptor_suffix": "SHOP*1"}, "parameter_invalid_string", "statement_descriptor_suffix"),
    ({"confirm": "false"}, "", "return_url"),
    ({"expand[]": "nothing"}, "", "expand"),
    ({"amount[x]": 1}, "", "amount[x]"),
]


@pytest.mark.parametrize(("change", "code", "param"), BAD, ids=lambda each: str(each)[:40])
def test_a_bad_request_charges_no_one(sim: Harness, change: dict[str, Any], code: str, param: str) -> None:
    answer = sim.charge_call(**change)
    error = answer.json()["error"]
    assert (answer.status_code, error["type"]) == (400, "invalid_request_error")
    assert (error.get("code", ""), error["param"]) == (code, param)
    assert sim.ledger()["orders"] == []


def test_a_method_is_good_for_one_payment_without_a_customer(sim: Harness) -> None:
    intent = sim.charge()
    error = sim.charge_call(intent["payment_method"]).json()["error"]
    assert error["code"] == "payment_method_unexpected_state"


def test_a_card_that_asks_until_it_is_set_up_pays_silently_afterwards(sim: Harness) -> None:
    customer = sim.post("customers", name="Asha")["id"]
    method = sim.post("payment_methods/pm_card_authenticationRequiredOnSetup/attach", customer=customer)["id"]
    first = sim.charge(method, customer=customer, setup_future_usage="off_session")
    assert first["status"] == "requires_action"
    sim.act("pay")
    again = {"off_session": "true", "return_url": None, "metadata[attempt_id]": "att_2"}
    assert sim.charge(method, customer=customer, **again)["status"] == "succeeded"
    assert sim.charge_call(method, off_session="true").json()["error"]["code"] == "parameter_missing"


def test_search_is_not_offered(sim: Harness) -> None:
    assert sim.http.get("/v1/payment_intents/search", params={"query": "metadata['a']:'b'"}).status_code == 400
