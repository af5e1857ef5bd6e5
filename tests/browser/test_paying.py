"""One order at each gateway, from the shop and back, paid by keyboard only."""

from __future__ import annotations

import pytest

from tests.browser.payer import NARROW, Payer
from tests.browser.till import Till, workspace_of

NAMES = {"phonepe": "PhonePe", "razorpay": "Razorpay", "paypal": "PayPal", "stripe": "Stripe", "square": "Square"}
PRICE_BY_WORKSPACE = {"ws_demo": "₹499", "ws_us": "$24"}


@pytest.mark.parametrize("gateway", NAMES)
def test_an_order_is_paid_without_a_mouse(till: Till, payer: Payer, gateway: str) -> None:
    workspace = workspace_of(gateway)
    price = PRICE_BY_WORKSPACE[workspace]
    payer.open(till.stack.url, NARROW)
    payer.sees("with PhonePe")
    if workspace == "ws_us":
        payer.choose("Delivery to", "United")
        payer.sees("Pay $24 with")
    payer.choose("Pay by", NAMES[gateway])
    payer.press(f"Pay {price} with {NAMES[gateway]}")
    payer.sees(f"not {NAMES[gateway]}, no money moves")

    order = till.newest(workspace)
    shown = payer.pay_page_text
    assert order["merchant_order_id"] in shown
    assert not [code for code in ("att_", "pay_") if code in shown]
    assert payer.violations == []
    if gateway == "phonepe":
        payer.press("success@ybl")
    payer.press(f"Pay {price}.00")
    if gateway == "razorpay":
        payer.sees("Your bank asks you")
        payer.press("Go on")

    payer.sees("Paid. Thank you!")
    payer.sees("Refund all")
    assert f"We have your {price} and pack your order now." in payer.text
    assert payer.address.startswith(till.stack.url)
    assert order["payment_id"] in payer.address
    paid = till.read(order)
    assert (paid["status"], paid["amount_captured"]) == ("completed", till.captured_at_gateway(order))
    assert paid["amount"] == paid["amount_captured"] == {"₹499": 49900, "$24": 2400}[price]
    assert (payer.violations, payer.errors) == ([], [])
