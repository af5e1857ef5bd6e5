"""Every page of the simulators and of the shop, wide and narrow: axe finds nothing, and nothing is cut off."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from tests.browser.payer import SIZES, Payer
from tests.browser.till import Till

Page = Callable[[Till, Payer], None]
PAGES: dict[str, Page] = {}
STRIPE_ASKS, SQUARE_ASKS = "4000000000003220", "5248480000210034"
UNKNOWN = {
    "phonepe": "/transact/nobody",
    "razorpay": "/v1/checkout/page/order_00000000000000~~~",
    "paypal": "/checkoutnow?token=nobody",
    "stripe": "/c/pay/cs_test_nobody",
    "square": "/u/nobody",
}
# The shop requests it when a page of this order is opened.
_NO_SUCH_ORDER = "/v1/checkouts/pay_00000000000000000000000000"


def page(name: str) -> Callable[[Page], Page]:
    def add(made: Page) -> Page:
        PAGES[name] = made
        return made

    return add


def at_page(gateway: str, act: str = "", see: str = "", **terms: str) -> Page:
    """The page of a new order after an act of the payer."""

    def made(till: Till, payer: Payer) -> None:
        payment = till.order(gateway, **terms)
        if act:
            till.act(payment, act)
        payer.open(till.page_of(payment))
        payer.sees(see or "SIMULATOR")

    return made


def posted(gateway: str, see: str, **fields: str) -> Page:
    """The page that answers a form."""

    def made(till: Till, payer: Payer) -> None:
        payer.open(till.page_of(till.order(gateway)))
        payer.post(**fields)
        payer.sees(see)

    return made


def unknown(gateway: str) -> Page:
    def made(till: Till, payer: Payer) -> None:
        payer.open(till.sim(gateway) + UNKNOWN[gateway])
        payer.sees("There is no order at this address")

    return made


for gateway in ("phonepe", "razorpay", "paypal", "stripe", "square"):
    PAGES[f"{gateway}, choosing"] = at_page(gateway, see="Choose how to pay")
    PAGES[f"{gateway}, unknown"] = unknown(gateway)
for gateway in ("phonepe", "razorpay", "stripe", "square"):
    PAGES[f"{gateway}, paid"] = at_page(gateway, "pay", "Payment received")

PAGES["phonepe, not a UPI ID"] = posted("phonepe", "looks like", way="upi", vpa="nobody")
PAGES["phonepe, password"] = posted(
    "phonepe", "one-time password", way="card", number="4208585190116667", expiry="06/27", cvv="508"
)
PAGES["phonepe, waiting"] = posted("phonepe", "Waiting for your approval", way="upi", vpa="pending@ybl")
PAGES["phonepe, declined"] = at_page("phonepe", "decline", "Payment not made")
PAGES["razorpay, refused"] = posted("razorpay", "bank refused it", act="pay", instrument="failure@razorpay")
PAGES["razorpay, the bank asks"] = posted("razorpay", "Your bank asks you", act="pay", instrument="4100280000001007")
PAGES["razorpay, held"] = at_page("razorpay", "pay", "Payment approved", capture="manual")
PAGES["paypal, declined"] = posted("paypal", "PayPal has not charged you", act="decline")
PAGES["paypal, approved"] = at_page("paypal", "pay", "Payment")
PAGES["stripe, declined"] = posted("stripe", "Your card was declined", act="decline")
PAGES["stripe, the bank asks"] = posted("stripe", "Your bank asks you", act="pay", instrument=STRIPE_ASKS)
PAGES["square, declined"] = posted("square", "The card was declined", act="decline")
PAGES["square, the bank asks"] = posted("square", "Your bank asks you", act="pay", instrument=SQUARE_ASKS)


@page("stripe, the bank's own page")
def _(till: Till, payer: Payer) -> None:
    payment = till.order("stripe", payment_method="pm_card_threeDSecure2Required")
    payer.open(payment["next_action"]["url"])
    payer.sees("Your bank asks you")


@page("stripe, cancelled")
def _(till: Till, payer: Payer) -> None:
    payment = till.order("stripe")
    till.ask("POST", f"/v1/payments/{payment['payment_id']}/cancel", {"reason": "sold out"}, workspace="ws_us")
    payer.open(till.page_of(payment))
    payer.sees("Payment cancelled")


@page("razorpay, done")
def _(till: Till, payer: Payer) -> None:
    payment = till.act(till.order("razorpay"), "pay")
    payer.open(f"{till.sim('razorpay')}/v1/checkout/done/{payment['next_action']['values']['order_id']}")
    payer.sees("You may close this page.")


@page("shop")
def _(till: Till, payer: Payer) -> None:
    payer.open(till.stack.url)
    payer.sees("with PhonePe")


@page("shop, a stranger's order")
def _(till: Till, payer: Payer) -> None:
    payer.open(f"{till.stack.url}/?payment_id=pay_00000000000000000000000000")
    payer.sees("We cannot show this order here")


def shop_order(gateway: str, act: str, see: str, **terms: str) -> Page:
    def made(till: Till, payer: Payer) -> None:
        payment = till.order(gateway, **terms)
        if act:
            till.act(payment, act)
        till.show_order(payer, payment)
        payer.sees(see)
        payer.sees("Show timeline")
        payer.press("Show timeline")
        payer.sees("payment.created")

    return made


PAGES["shop, waiting"] = shop_order("phonepe", "", "Waiting for your payment")
PAGES["shop, paid"] = shop_order("phonepe", "pay", "Refund all")
PAGES["shop, declined"] = shop_order("phonepe", "decline", "Try again")
PAGES["shop, held"] = shop_order("razorpay", "pay", "Capture ₹499", capture="manual")


@page("shop, refunded")
def _(till: Till, payer: Payer) -> None:
    payment = till.act(till.order("phonepe"), "pay")
    till.show_order(payer, payment)
    payer.sees("Refund ₹100")
    payer.press("Refund ₹100")
    payer.sees("We sent ₹100 back")


@page("shop, something to decide")
def _(till: Till, payer: Payer) -> None:
    till.at_sim("phonepe", "faults", fault="wrong_amount", op="pay", times=1)
    shop_order("phonepe", "pay", "Accept the paid amount")(till, payer)


def faults(payer: Payer) -> list[str]:
    found = []
    for width, height in SIZES:
        payer.resize((width, height))
        found += [f"{width}: {violation}" for violation in payer.violations]
        found += [f"{width}: {payer.too_wide_by} px too wide"] if payer.too_wide_by else []
    return found + [error for error in payer.errors if not is_the_pages_own(error, payer)]


def is_the_pages_own(error: str, payer: Payer) -> bool:
    """The browser also logs a page that is not found and an invalid form."""
    response = re.search(r"status of (404|422) .* at (\S+)$", error)
    return response is not None and (response[2] == payer.address or _NO_SUCH_ORDER in response[2])


def test_an_expired_page_is_sound(till: Till, payer: Payer) -> None:
    """It runs first: no other order is open that the clock would have to pass."""
    payment = till.order("phonepe")
    till.pass_days(0.05)
    payer.open(till.page_of(payment))
    payer.sees("Time is over")
    assert faults(payer) == []


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_sound_at_both_widths(till: Till, payer: Payer, name: str) -> None:
    PAGES[name](till, payer)
    found = faults(payer)
    assert not found, "\n".join(found)
