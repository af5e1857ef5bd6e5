"""Payment links: an order with a page, paid once, closed by deleting it."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from simulator_tests.square.harness import LINKS, Shop, code_of, usd


def page_of(shop: Shop, link: dict[str, Any], **form: str) -> httpx.Response:
    path = link["url"].removeprefix("http://sim.test")
    return shop.http.post(path, data=form) if form else shop.http.get(path)


def test_a_link_has_a_draft_order_and_after_payment_an_open_one() -> None:
    shop = Shop()
    link = shop.link()
    assert (shop.order(link["order_id"])["state"], "tenders" in shop.order(link["order_id"])) == ("DRAFT", False)
    assert shop.act("pay").json()["state"] == "paid"
    order = shop.order(link["order_id"])
    assert (order["state"], order["reference_id"]) == ("OPEN", "att_1")
    payment = shop.payment(order["tenders"][0]["payment_id"])
    assert (payment["status"], payment["order_id"], payment.get("reference_id")) == ("COMPLETED", order["id"], None)


def test_a_link_is_paid_once() -> None:
    shop = Shop()
    shop.link()
    shop.act("pay")
    assert shop.act("pay").status_code == 409
    assert len(shop.ledger()["captures"]) == 1


def test_a_link_never_expires_by_itself() -> None:
    shop = Shop()
    order_id = shop.link()["order_id"]
    shop.wait(400 * 86400)
    assert shop.order(order_id)["state"] == "DRAFT"
    assert shop.act("pay").status_code == 200


def test_a_checkout_has_no_pending_payments_and_the_answer_says_what_has() -> None:
    shop = Shop()
    shop.link()
    answer = shop.act("wait")
    assert (answer.status_code, "bnon:bank-nonce-ok" in answer.json()["error"]) == (409, True)
    assert shop.act("pay").status_code == 200


def test_one_key_is_one_link() -> None:
    shop = Shop()
    assert shop.link() == shop.link()
    assert code_of(shop.link_call(payment_note="other")) == (400, "IDEMPOTENCY_KEY_REUSED")
    assert len(shop.http.get(LINKS).json()["payment_links"]) == 1


RUPEES = {"currency": "INR"}
REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"ordr": {}}, "UNKNOWN_BODY_PARAMETER"),
    ({"order": None}, "BAD_REQUEST"),
    ({"quick_pay": {"name": "x", "price_money": usd(1), "location_id": "LSIMWEB000001"}}, "BAD_REQUEST"),
    ({"checkout_options": {"redirect": "x"}}, "UNKNOWN_BODY_PARAMETER"),
    ({"checkout_options": {"accepted_payment_methods": {"card": False}}}, "UNKNOWN_BODY_PARAMETER"),
    ({"checkout_options": {"redirect_url": "x" * 2049}}, "VALUE_TOO_LONG"),
    ({"order": {"location_id": "LOTHER", "line_items": []}}, "INVALID_LOCATION"),
    ({"order": {"line_items": [{"quantity": 1}]}}, "EXPECTED_STRING"),
    ({"order": {"line_items": [{"quantity": "half", "base_price_money": usd(1)}]}}, "INVALID_VALUE"),
    ({"order": {"line_items": [{"quantity": "1", "base_price_money": usd(0)}]}}, "VALUE_TOO_LOW"),
    (
        {"order": {"line_items": [{"quantity": "1", "base_price_money": {"amount": 1, "currency": "INR"}}]}},
        "INVALID_VALUE",
    ),
    ({"order": {"line_items": [{"quantity": "1"}]}}, "MISSING_REQUIRED_PARAMETER"),
    ({"order": {"line_items": {}}}, "EXPECTED_ARRAY"),
    ({"payment_note": "n" * 501}, "VALUE_TOO_LONG"),
]


@pytest.mark.parametrize(("more", "code"), REFUSED)
def test_a_body_by_no_rule_is_refused_and_does_nothing(more: dict[str, Any], code: str) -> None:
    shop = Shop()
    assert code_of(shop.link_call(**more))[1] == code
    assert shop.ledger()["orders"] == []


def test_a_deleted_link_is_closed_with_its_order() -> None:
    shop = Shop()
    link = shop.link()
    gone = shop.http.delete(f"{LINKS}/{link['id']}").json()
    assert gone == {"id": link["id"], "cancelled_order_id": link["order_id"]}
    assert shop.order(link["order_id"])["state"] == "CANCELED"
    assert shop.http.delete(f"{LINKS}/{link['id']}").status_code == 404
    assert shop.act("pay").status_code == 409
    assert "cancelled" in page_of(shop, link).text


def test_a_paid_link_is_not_deleted() -> None:
    shop = Shop()
    link = shop.link()
    shop.act("pay")
    assert code_of(shop.http.delete(f"{LINKS}/{link['id']}")) == (400, "BAD_REQUEST")


@pytest.mark.parametrize(
    ("instrument", "state"),
    [
        ("4111111111111111", "paid"),
        ("4800000000000004", "paid"),
        ("4000000000000002", "open"),
        ("4000000000009995", "open"),
    ],
)
def test_every_card_has_its_outcome_on_the_page(instrument: str, state: str) -> None:
    shop = Shop()
    link = shop.link()
    answer = page_of(shop, link, act="pay", instrument=instrument)
    assert shop.ledger()["orders"][0]["state"] == state
    if state == "paid":
        assert (answer.status_code, answer.headers["location"]) == (303, "https://shop.example/b")
    else:
        assert "declined" in answer.text
        assert page_of(shop, link, act="pay", instrument="4111111111111111").status_code == 303


@pytest.mark.parametrize(("code", "state"), [("123456", "paid"), ("000000", "open")])
def test_a_challenged_card_asks_the_payer(code: str, state: str) -> None:
    shop = Shop()
    link = shop.link()
    assert "bank" in page_of(shop, link, act="pay", instrument="5248480000210034").text
    assert shop.ledger()["captures"] == []
    page_of(shop, link, act="pay", instrument=code)
    assert shop.ledger()["orders"][0]["state"] == state


def test_a_payer_may_decline_or_walk_away_and_come_back() -> None:
    shop = Shop()
    link = shop.link()
    assert page_of(shop, link, act="decline").status_code == 200
    assert page_of(shop, link, act="walk_away").status_code == 303
    assert page_of(shop, link, act="pay", instrument="4111111111111111").status_code == 303
    assert page_of(shop, link, act="pay", instrument="4111111111111111").status_code == 409


def test_there_is_no_page_without_a_link() -> None:
    assert Shop().http.get("/u/nobody").status_code == 404


def test_no_other_card_is_accepted() -> None:
    shop = Shop()
    link = shop.link()
    assert page_of(shop, link, act="pay", instrument="4242424242424242").status_code == 422


def test_double_pay_takes_a_second_payment_of_one_order() -> None:
    shop = Shop()
    link = shop.link()
    shop.fault("double_pay", "pay")
    shop.act("pay")
    shop.wait(2)
    assert len(shop.order(link["order_id"])["tenders"]) == 2
    assert shop.ledger()["orders"][0]["captured"] == 2000


def test_a_late_success_arrives_after_the_link_is_gone() -> None:
    shop = Shop()
    link = shop.link()
    shop.fault("late_success", "pay")
    shop.act("pay")
    assert shop.ledger()["captures"] == []
    shop.http.delete(f"{LINKS}/{link['id']}").raise_for_status()
    shop.wait(31)
    order = shop.order(link["order_id"])
    assert (order["state"], len(order["tenders"])) == ("CANCELED", 1)
    assert shop.ledger()["orders"][0]["state"] == "paid"


def test_a_wrong_amount_is_captured_or_only_reported() -> None:
    shop = Shop()
    shop.fault("wrong_amount", "pay")
    captured = shop.charge()
    assert (captured["amount_money"]["amount"], shop.ledger()["captures"][0]["amount"]) == (900, 900)
    reported = shop.charge("att_2")
    shop.fault("wrong_amount", "status")
    assert shop.payment(reported["id"])["total_money"]["amount"] == 900
    assert shop.payment(reported["id"])["total_money"]["amount"] == 1000


def test_acts_on_what_is_not_there_are_404() -> None:
    assert Shop().act("pay", "nobody").status_code == 404
