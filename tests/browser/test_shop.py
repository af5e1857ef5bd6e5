"""On a slow line the shop says at once that it is working. A `block` delays requests until `release`."""

from __future__ import annotations

from tests.browser.payer import Payer
from tests.browser.till import Till

LISTS = "[document.getElementById('gateway'), document.getElementById('way')]"


def shown_in_lists(payer: Payer) -> list[tuple[str, bool]]:
    return [
        tuple(each)
        for each in payer.run(f"{LISTS}.map((list) => [list.selectedOptions[0]?.text ?? '', list.disabled])")
    ]


def test_a_page_says_that_it_is_loading_until_its_scripts_are_there(till: Till, payer: Payer) -> None:
    payer.open(till.stack.url, block="**/*.js")
    payer.sees("One moment: this page is loading")
    payer.release()
    payer.sees("Made by hand")
    assert "this page is loading" not in payer.text


def test_no_script_waits_for_another_to_be_requested(till: Till, payer: Payer) -> None:
    """All are requested while the first has not arrived."""
    payer.open(till.stack.url, block="**/*.js")
    payer.sees("One moment")
    scripts = ("api", "cases", "market", "order", "page", "paying", "shop", "staff")
    assert payer.waiting_for == [f"{till.stack.url}/{name}.js" for name in scripts]
    payer.release()


def test_the_lists_say_one_moment_until_the_gateways_are_known(till: Till, payer: Payer) -> None:
    payer.open(till.stack.url, block="**/v1/gateways*")
    payer.sees("Pay ₹499")
    assert shown_in_lists(payer) == [("One moment …", True)] * 2
    payer.release()
    payer.sees("with PhonePe")
    assert shown_in_lists(payer) == [("PhonePe", False), ("On its page, any way", False)]


def test_the_lists_say_one_moment_again_for_another_country(till: Till, payer: Payer) -> None:
    payer.open(till.stack.url)
    payer.sees("with PhonePe")
    payer.block("**/v1/gateways*")
    payer.choose("Delivery to", "United")
    assert shown_in_lists(payer) == [("One moment …", True)] * 2
    payer.release()
    payer.sees("Pay $24 with")


def test_the_page_says_at_once_that_a_payment_is_being_opened(till: Till, payer: Payer) -> None:
    payer.open(till.stack.url)
    payer.sees("with PhonePe")
    payer.block("**/v1/payments")
    payer.press("Pay ₹499")
    payer.sees("One moment: we open your payment")
    payer.release()
    payer.sees("not PhonePe")


def test_each_step_of_a_page_that_a_script_opens_is_announced(till: Till, payer: Payer) -> None:
    payer.open(till.stack.url)
    payer.sees("with PhonePe")
    payer.choose("Pay by", "Razorpay")
    payer.block("**/v1/checkout.js")
    payer.block("**/v1/checkout/page/**")
    payer.press("Pay ₹499")
    payer.sees("One moment: we open Razorpay's page")
    payer.release("**/v1/checkout.js")
    payer.sees("One moment: the payment page is loading")
    payer.release()
    payer.sees("Choose how to pay")
    assert "One moment" not in payer.text
