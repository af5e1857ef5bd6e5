"""What a payer's browser receives: the script, the page, the hosted form, the image of a QR code."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from typing import Any

import pytest

from gateway_simulators.razorpay.instruments import INSTRUMENTS
from simulator_tests.razorpay.harness import Harness

GOOD_CARDS = [each for each in INSTRUMENTS if each.method == "card" and not each.failure]
BAD_CARDS = [each for each in INSTRUMENTS if each.method == "card" and each.failure]
AT_ONCE = [each for each in INSTRUMENTS if each.method in ("upi", "netbanking", "wallet")]
CALLBACK = "https://shop.example/callback?order=7"


def reported(sim: Harness, order: dict[str, Any], query: str = "") -> dict[str, Any]:
    page = sim.browser.get(f"/v1/checkout/done/{order['id']}{query}").text
    message: dict[str, Any] = json.loads(page.split("postMessage(")[1].split(", '*')")[0])
    assert message["from"] == "razorpay-simulator"
    response: dict[str, Any] = message["told"]
    return response


def offered(sim: Harness, order: dict[str, Any], limits: str = "~~") -> set[str]:
    return set(re.findall(r'value="([^"]+)"', sim.browser.get(sim.page(order, limits)).text))


@pytest.mark.parametrize("card", GOOD_CARDS, ids=lambda card: card.value)
def test_a_good_card_pays_after_the_banks_question(sim: Harness, card: Any) -> None:
    order = sim.order()
    assert "Your bank asks" in sim.choose(order, card.value).text
    assert [one["status"] for one in sim.payments(order)] == ["created"]
    answer = sim.choose(order, "otp:1234")
    assert (answer.status_code, answer.headers["location"]) == (303, f"/v1/checkout/done/{order['id']}")
    (payment,) = sim.payments(order)
    assert (payment["status"], payment["card"]["last4"]) == ("captured", card.value[-4:])
    assert payment["international"] is card.is_international


@pytest.mark.parametrize("card", BAD_CARDS, ids=lambda card: card.value)
def test_a_bad_card_fails_as_its_number_says(sim: Harness, card: Any) -> None:
    order = sim.order()
    sim.choose(order, card.value)
    assert sim.choose(order, "mock:failure").status_code == 303
    (payment,) = sim.payments(order)
    assert (payment["status"], payment["error_reason"]) == ("failed", card.failure.reason)
    assert reported(sim, order)["error"]["metadata"] == {"order_id": order["id"], "payment_id": payment["id"]}
    sim.choose(order, card.value)
    sim.choose(order, "mock:success")
    assert sim.payments(order)[0]["status"] == "captured"


def test_the_test_instruments_are_those_of_the_documents() -> None:
    reasons = [each.failure.reason for each in BAD_CARDS if each.failure]
    assert (len(GOOD_CARDS), len(BAD_CARDS), len(AT_ONCE)) == (11, 20, 7)
    assert {reason: reasons.count(reason) for reason in reasons} == {
        "payment_timed_out": 2, "insufficient_fund": 2, "payment_cancelled": 2, "card_declined": 6,
        "card_disabled_for_online_payments": 2, "card_number_invalid": 2, "gateway_technical_error": 2,
        "authentication_failed": 2,
    }  # fmt: skip


@pytest.mark.parametrize("instrument", AT_ONCE, ids=lambda each: each.value)
def test_upi_banks_and_wallets_answer_at_once(sim: Harness, instrument: Any) -> None:
    order = sim.order()
    assert sim.choose(order, instrument.value).status_code == 303
    (payment,) = sim.payments(order)
    assert payment["method"] == instrument.method
    assert payment["status"] == ("failed" if instrument.failure else "captured")
    assert (payment["bank"] or "", payment["wallet"] or "") == (instrument.bank, instrument.wallet)


def test_a_one_time_password_that_is_too_short_fails(sim: Harness) -> None:
    order = sim.order()
    sim.choose(order, GOOD_CARDS[0].value)
    sim.choose(order, "otp:12")
    assert sim.payments(order)[0]["error_reason"] == "incorrect_otp"


def test_emi_is_offered_from_its_minimum_on_and_for_the_requested_months(sim: Harness) -> None:
    small, large = sim.order(), sim.order("att_2", 300000)
    card = "5241810000000000@emi"
    assert not any(value.startswith(card) for value in offered(sim, small))
    assert {f"{card}:{months}" for months in (3, 6, 9, 12)} <= offered(sim, large)
    only = offered(sim, large, "emi~6~")
    assert {value for value in only if value.startswith(card)} == {f"{card}:6"}
    assert "success@razorpay" not in only
    sim.choose(large, f"{card}:6", "emi~6~")
    sim.choose(large, "otp:1234", "emi~6~")
    (payment,) = sim.payments(large)
    assert (payment["method"], payment["emi_plan"]["duration"], payment["amount"]) == ("emi", 6, 300000)


def test_a_restricted_page_takes_nothing_else(sim: Harness) -> None:
    order = sim.order()
    assert sim.choose(order, "success@razorpay", "card~~").status_code == 422
    assert sim.payments(order) == []


def test_after_a_failure_the_page_stays_only_where_the_payer_may_try_again(sim: Harness) -> None:
    order = sim.order()
    assert sim.choose(order, "failure@razorpay", "~~retry").status_code == 200
    assert sim.choose(order, "failure@razorpay").status_code == 303
    assert len(sim.payments(order)) == 2


def test_a_payer_declines_or_walks_away(sim: Harness) -> None:
    order = sim.order()
    away = sim.browser.post(sim.page(order), data={"act": "walk_away"})
    assert away.headers["location"] == f"/v1/checkout/done/{order['id']}?left=1"
    assert reported(sim, order, "?left=1") == {}
    sim.browser.post(sim.page(order), data={"act": "decline"})
    assert reported(sim, order)["error"]["reason"] == "payment_cancelled"


def test_a_paid_page_is_closed(sim: Harness) -> None:
    order = sim.order()
    sim.choose(order, "success@razorpay")
    assert "Payment received" in sim.browser.get(sim.page(order)).text
    assert sim.choose(order, "success@razorpay").status_code == 409
    assert sim.browser.get("/v1/checkout/page/order_00000000000000~~~").status_code == 404
    assert sim.browser.get("/v1/checkout/done/order_00000000000000").status_code == 404


def test_the_shops_page_is_handed_a_proof_by_the_keys_secret(sim: Harness) -> None:
    order = sim.order()
    sim.choose(order, "success@razorpay")
    payment = sim.payments(order)[0]["id"]
    proof = hmac.new(b"sim-key-secret", f"{order['id']}|{payment}".encode(), hashlib.sha256).hexdigest()
    assert reported(sim, order) == {
        "razorpay_payment_id": payment, "razorpay_order_id": order["id"], "razorpay_signature": proof,
    }  # fmt: skip


# The hosted form.


def hosted(sim: Harness, order: dict[str, Any], **more: str) -> Any:
    form = {"key_id": "rzp_test_PavatiSim00001", "order_id": order["id"], "callback_url": CALLBACK}
    return sim.browser.post("/v1/checkout/embedded", data={**form, "method": "upi", **more})


def posted(sim: Harness, order: dict[str, Any]) -> tuple[str, dict[str, str]]:
    page = sim.browser.get(f"/v1/checkout/done/{order['id']}").text
    action = re.findall(r'action="([^"]+)"', page)[0]
    return action, dict(re.findall(r'name="([^"]+)" value="([^"]*)"', page))


def test_a_hosted_form_posts_the_payer_back(sim: Harness) -> None:
    order = sim.order()
    assert hosted(sim, order).headers["location"] == sim.page(order, "upi~~")
    sim.choose(order, "failure@razorpay", "upi~~")
    action, fields = posted(sim, order)
    assert (action, fields["error[reason]"], fields["error[code]"]) == (
        CALLBACK, "payment_failed", "BAD_REQUEST_ERROR",
    )  # fmt: skip
    sim.choose(order, "success@razorpay", "upi~~")
    assert set(posted(sim, order)[1]) == {"razorpay_payment_id", "razorpay_order_id", "razorpay_signature"}


def test_a_hosted_form_sends_a_payer_who_leaves_to_where_it_says(sim: Harness) -> None:
    order = sim.order()
    hosted(sim, order, cancel_url="https://shop.example/left")
    away = sim.browser.get(f"/v1/checkout/done/{order['id']}?left=1")
    assert away.headers["location"] == "https://shop.example/left"


@pytest.mark.parametrize(
    ("wrong", "http_status"), [({"key_id": "rzp_test_other"}, 401), ({"callback_url": "javascript:alert(1)"}, 400)]
)
def test_a_hosted_form_without_sense_is_refused(sim: Harness, wrong: dict[str, str], http_status: int) -> None:
    assert hosted(sim, sim.order(), **wrong).status_code == http_status


def test_the_image_of_a_qr_code_is_a_picture(sim: Harness) -> None:
    request = {"type": "upi_qr", "usage": "single_use", "fixed_amount": True, "payment_amount": 300}
    code = sim.http.post("/v1/payments/qr_codes", json=request).json()
    answer = sim.browser.get(code["image_url"])
    assert answer.headers["content-type"].startswith("image/svg+xml")
    assert answer.text.startswith("<svg xmlns=")
    sim.choose(code, "success@razorpay", "upi~~")
    assert sim.get(f"/v1/payments/qr_codes/{code['id']}")["payments_amount_received"] == 300
