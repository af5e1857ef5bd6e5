"""The order's page: the staff's refunds, the payer's retries, and the captured amount."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tests.browser.payer import Payer
from tests.browser.till import Payment, Till


@contextmanager
def refunds_that_stay_open(till: Till, gateway: str) -> Iterator[None]:
    """The outcome of a refund never arrives."""
    till.at_sim(gateway, "faults", fault="error_before", op="refund_status", times=-1)
    try:
        yield
    finally:
        assert till.stack.call("DELETE", f"{till.sim(gateway)}/_sim/faults").http_status < 300


def paid_order(till: Till, payer: Payer) -> Payment:
    payment = till.act(till.order("phonepe"), "pay")
    till.show_order(payer, payment)
    payer.sees("Refund all (₹499)")
    return payment


def test_what_is_on_its_way_back_is_not_offered_again(till: Till, payer: Payer) -> None:
    with refunds_that_stay_open(till, "phonepe"):
        payment = paid_order(till, payer)
        payer.press("Refund ₹100")
        payer.sees("processing")
        assert "Refund all (₹399)" in payer.text
        assert till.read(payment)["amount_reserved"] == 10000


def test_the_same_part_may_be_sent_back_twice(till: Till, payer: Payer) -> None:
    payment = paid_order(till, payer)
    payer.press("Refund ₹100")
    payer.sees("Sent back\n₹100")  # Before that PhonePe accepts no other refund.
    payer.press("Refund ₹100")
    payer.sees("Sent back\n₹200")
    assert till.read(payment)["amount_refunded"] == 20000
    refunds = till.ask("GET", f"/v1/payments/{payment['payment_id']}/refunds")["data"]
    assert [refund["amount"] for refund in refunds] == [10000, 10000]


def test_each_try_after_a_decline_is_an_attempt_of_its_own(till: Till, payer: Payer) -> None:
    payment = till.act(till.order("phonepe"), "decline")
    till.show_order(payer, payment)
    for _ in range(2):
        payer.sees("Try again")
        payer.press("Try again")
        payer.sees("Choose how to pay")
        payment = till.act(till.read(payment), "decline")
        payer.go(f"{till.stack.url}/?payment_id={payment['payment_id']}")
    payer.sees("Try again")
    assert [attempt["status"] for attempt in till.read(payment)["attempts"]] == ["failed"] * 3


def test_the_payer_is_thanked_for_what_was_captured_and_not_for_what_was_authorized(till: Till, payer: Payer) -> None:
    payment = till.act(till.order("stripe", capture="manual"), "pay")
    till.show_order(payer, payment)
    payer.sees("Capture only $249.50")
    payer.press("Capture only")
    payer.sees("Paid. Thank you!")
    payer.sees("We have your $249.50 and pack your order now.")
    assert till.read(payment)["amount_captured"] == till.captured_at_gateway(payment) == 24950
