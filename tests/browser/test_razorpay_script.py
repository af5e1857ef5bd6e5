"""The script that a shop's page loads: the page in its frame, and the values it gives to the shop."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.browser.payer import NARROW, SIZES, Payer
from tests.browser.till import Till

OPTIONS = {"key": "rzp_test_1", "order_id": "order_1"}
PAID = {"razorpay_payment_id": "pay_1", "razorpay_order_id": "order_1", "razorpay_signature": "s"}
FAILED = {"error": {"reason": "card_declined"}}
PAGE = "/v1/checkout/page/"
OPEN = """async ([script, options]) => {
  const element = Object.assign(document.createElement("script"), { src: script });
  await new Promise((onload) => document.head.append(Object.assign(element, { onload })));
  window.reported = [];
  const checkout = new window.Razorpay({
    ...options,
    handler: (proof) => reported.push(["handler", proof]),
    modal: { ondismiss: () => reported.push(["dismissed"]) },
  });
  checkout.on("payment.failed", (failure) => reported.push(["failed", failure.error.reason]));
  checkout.open();
}"""
BLOCK = {"blocks": {"b": {"instruments": [{"method": "emi", "durations": [6]}]}}}
ONLY = {"config": {"display": {**BLOCK, "sequence": ["block.b"], "preferences": {"show_default_blocks": False}}}}
PAGES: list[tuple[dict[str, Any], str]] = [
    ({}, "order_1~~~retry~"),
    ({"retry": {"enabled": False}}, "order_1~~~~"),
    ({"retry": {"enabled": True}, "method": {"card": True, "upi": False}}, "order_1~card~~retry~"),
    ({"description": "Order ₹/1"}, "order_1~~~retry~T3JkZXIg4oK5LzE"),
    (ONLY, "order_1~emi~6~retry~"),
    ({"config": {"display": BLOCK}}, "order_1~~~retry~"),
]


class ShopPage:
    """A page of the shop on which the script has opened Checkout."""

    def __init__(self, till: Till, payer: Payer, options: dict[str, Any]) -> None:
        self.payer, self.script = payer, f"{till.sim('razorpay')}/v1/checkout.js"
        payer.open(till.stack.url)
        payer.sees("with PhonePe")
        payer.run(f"({OPEN})({json.dumps([self.script, OPTIONS | options])})")
        payer.sees("There is no order")

    def say(self, reported: object, frame: str = PAGE) -> None:
        """Post a message, as the page in the frame or another one."""
        message = json.dumps({"from": "razorpay-simulator", "told": reported})
        self.payer.run(f"void (frames.length ? window : parent).postMessage({message}, '*')", frame)
        self.payer.run("new Promise((done) => setTimeout(done))")

    @property
    def reported(self) -> Any:
        return self.payer.run("reported")

    @property
    def is_open(self) -> bool:
        return bool(self.payer.run("document.querySelectorAll('.razorpay-container').length"))


@pytest.mark.parametrize(("options", "token"), PAGES, ids=[token for _, token in PAGES])
def test_the_page_that_was_requested_is_shown(till: Till, payer: Payer, options: dict[str, Any], token: str) -> None:
    ShopPage(till, payer, options)
    assert payer.run("document.querySelector('iframe').src") == f"{till.sim('razorpay')}{PAGE}{token}"


def test_the_shop_is_handed_what_became_of_it(till: Till, payer: Payer) -> None:
    page = ShopPage(till, payer, {})
    page.say(FAILED)
    assert (page.reported, page.is_open) == ([["failed", "card_declined"]], True)
    page.say(PAID)
    assert (page.reported[1:], page.is_open) == ([["handler", PAID]], False)


def test_without_a_second_try_a_failure_ends_it(till: Till, payer: Payer) -> None:
    page = ShopPage(till, payer, {"retry": {"enabled": False}})
    page.say(FAILED)
    assert (page.reported, page.is_open) == ([["failed", "card_declined"], ["dismissed"]], False)


def test_a_payer_who_leaves_dismisses_it(till: Till, payer: Payer) -> None:
    page = ShopPage(till, payer, {})
    page.say({})
    assert (page.reported, page.is_open) == ([["dismissed"]], False)


def test_only_its_own_page_is_listened_to(till: Till, payer: Payer) -> None:
    page = ShopPage(till, payer, {})
    page.say(PAID, frame=till.stack.url)
    payer.run("void (document.querySelector('iframe').src = '/meanings.json')")  # From another origin.
    payer.sees("attempt.in_progress")
    page.say(PAID, frame="/meanings.json")
    assert (page.reported, page.is_open) == ([], True)


@pytest.mark.parametrize("size", SIZES)
def test_the_cross_is_to_be_seen_beside_the_page_and_closes_it(till: Till, payer: Payer, size: tuple[int, int]) -> None:
    page = ShopPage(till, payer, {})
    payer.resize(size)
    cross, frame = payer.box(".razorpay-container button"), payer.box("iframe")
    assert cross["bottom"] <= frame["top"]
    assert cross["left"] >= 0
    assert cross["right"] <= size[0]
    assert min(cross["width"], cross["height"]) >= 44
    assert payer.violations == []
    assert payer.focused == "Close Checkout"
    payer.press_key("Enter")
    assert (page.reported, page.is_open) == ([["dismissed"]], False)


def test_the_keyboard_stays_in_it_while_it_is_open(till: Till, payer: Payer) -> None:
    page = ShopPage(till, payer, {})
    payer.resize(NARROW)
    names = set()
    for key in ("Shift+Tab", "Shift+Tab", *["Tab"] * 6):
        payer.press_key(key)
        names.add(payer.focused)
    assert names == {"Close Checkout", ""}
    page.say({})
    payer.tab_to("Quantity of Steel tiffin")
