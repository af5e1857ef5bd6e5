"""The hosted page with its test cards, and the bank's challenge."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from gateway_simulators.stripe.instruments import BY_NUMBER, FAIL, PASS
from simulator_tests.stripe.harness import BACK, Harness

CHALLENGE = "4000000000003220"


def pay(sim: Harness, url: str, instrument: str, act: str = "pay") -> httpx.Response:
    return sim.http.post(url, data={"act": act, "instrument": instrument})


def test_the_page_shows_what_is_paid_and_every_test_card(sim: Harness) -> None:
    page = sim.http.get(sim.open()["url"])
    assert page.status_code == 200
    assert "$499.00" in page.text
    assert all(f'value="{number}"' in page.text for number in BY_NUMBER)
    assert "Order 1" in page.text


def test_a_number_is_shown_once_and_whole(sim: Harness) -> None:
    page = unescape(sim.http.get(sim.open()["url"]).text)
    labels = re.findall(r"<strong>(.*?)</strong>", page.partition("<form")[2])
    assert [re.sub(r"\D", "", label) for label in labels] == list(BY_NUMBER)
    assert {re.sub(r"[\d\s]", "", label) for label in labels} == {
        "Visa", "Mastercard", "AmericanExpress", "USbankaccount",
    }  # fmt: skip


def test_the_time_left_of_a_day_is_shown_in_hours(sim: Harness) -> None:
    assert re.search(r">2[34]:\d\d:\d\d</span>", sim.http.get(sim.open()["url"]).text)


@pytest.mark.parametrize("number", BY_NUMBER)
def test_a_card_does_on_the_page_what_its_token_does(sim: Harness, number: str) -> None:
    session, card = sim.open(), BY_NUMBER[number]
    answer = pay(sim, session["url"], number)
    after = sim.session(session)
    if card.decline and not card.is_debit:
        assert (answer.status_code, after["status"]) == (200, "open")
        assert 'role="alert"' in answer.text
    elif card.challenge:
        assert (answer.status_code, after["status"]) == (200, "open")
        assert PASS in answer.text
    else:
        assert (answer.status_code, after["status"]) == (303, "complete")
        assert answer.headers["location"] == f"{BACK}&s={session['id']}"


@pytest.mark.parametrize(("answer", "status"), [(PASS, "complete"), (FAIL, "open")])
def test_the_challenge_is_answered_on_the_page(sim: Harness, answer: str, status: str) -> None:
    session = sim.open()
    pay(sim, session["url"], CHALLENGE)
    pay(sim, session["url"], answer)
    assert sim.session(session)["status"] == status
    if status == "open":
        assert pay(sim, session["url"], "4242424242424242").status_code == 303


def test_a_declined_payer_pays_with_another_card(sim: Harness) -> None:
    session = sim.open()
    assert pay(sim, session["url"], "", "decline").status_code == 200
    assert pay(sim, session["url"], "4242 4242 4242 4242").status_code == 303
    assert sim.session(session)["payment_status"] == "paid"


def test_a_payer_may_go_back_to_the_cart(sim: Harness) -> None:
    session = sim.open()
    assert pay(sim, session["url"], "", "walk_away").headers["location"] == "https://shop.example/cart"
    assert sim.session(session)["status"] == "open"


@pytest.mark.parametrize("end", ["pay", "expire"])
def test_a_page_of_an_ended_session_accepts_no_payment(sim: Harness, end: str) -> None:
    session = sim.open()
    if end == "pay":
        sim.act("pay")
    else:
        sim.post(f"checkout/sessions/{session['id']}/expire")
    assert pay(sim, session["url"], "4242424242424242").status_code == 409
    assert len(sim.ledger()["captures"]) == (1 if end == "pay" else 0)


def test_no_other_card_is_accepted(sim: Harness) -> None:
    session = sim.open()
    for typed in ("4111111111111111", "42424242424242424242", "4242"):
        assert pay(sim, session["url"], typed).status_code == 422
    assert sim.http.get("/c/pay/cs_test_nobody").status_code == 404
    assert sim.http.get("/3d_secure_2/hosted/pi_nobody").status_code == 404


def back_with(answer: httpx.Response) -> Mapping[str, Any]:
    assert answer.status_code == 303
    return {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["location"]).query).items()}


@pytest.mark.parametrize(
    ("act", "instrument", "outcome", "status"),
    [
        ("pay", PASS, "succeeded", "succeeded"),
        ("pay", FAIL, "failed", "requires_payment_method"),
        ("decline", "", "failed", "requires_payment_method"),
        ("walk_away", "", "pending", "requires_action"),
    ],
)
def test_a_direct_charges_payer_comes_back_from_the_bank(
    sim: Harness, act: str, instrument: str, outcome: str, status: str
) -> None:
    intent = sim.charge(BY_NUMBER[CHALLENGE].token)
    page = intent["next_action"]["redirect_to_url"]["url"]
    back = back_with(pay(sim, page, instrument, act))
    assert back == {
        "order": "1",
        "payment_intent": intent["id"],
        "payment_intent_client_secret": intent["client_secret"],
        "redirect_status": outcome,
    }
    assert sim.get(f"payment_intents/{intent['id']}")["status"] == status
    if act == "pay":
        assert pay(sim, page, instrument, act).status_code == 409
