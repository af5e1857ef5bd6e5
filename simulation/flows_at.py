"""The names of calls and webhooks at each gateway, and how an order dies there."""

from __future__ import annotations

from dataclasses import dataclass

from simulation.flows import ACTS_TO_PAID_AND_HEARD, AMOUNT, BEGIN, CANCELLED, DECLINED, Ends, act
from simulation.plan import Act, Way


@dataclass(frozen=True, slots=True)
class Labels:
    """Calls as a point's label begins; webhooks with their number, where others of that name may come before."""

    makes: str
    looks: str
    refunds: str
    asks_refund: str
    paid: str  # The last webhook of a payment.
    held: str
    refunded: str
    by_hand: str  # Of a refund at the dashboard.
    disputed: str
    lost: str
    won: str
    again: str = ""  # Of a dispute that wants another answer.
    charges: str = ""
    reversed: str = ""
    back_in_part: str = ""  # Of one of two refunds at the dashboard, which comes back.


LABELS = {
    "phonepe": Labels(
        makes="POST checkout/v2/pay",
        looks="GET checkout/v2/order/",
        refunds="POST payments/v2/refund",
        asks_refund="GET payments/v2/refund/",
        paid="checkout.order.completed#1",
        held="",
        refunded="pg.refund.completed#1",
        by_hand="pg.refund.completed#1",
        disputed="payment.dispute.created#1",
        lost="payment.dispute.lost#1",
        won="payment.dispute.won#1",
        again="payment.dispute.action_required#1",
    ),
    "razorpay": Labels(
        makes="POST v1/orders",
        looks="GET v1/orders/",
        refunds="POST v1/payments/",
        asks_refund="GET v1/refunds/",
        paid="order.paid#1",
        held="payment.authorized#1",
        refunded="refund.processed#1",
        by_hand="refund.created#1",
        disputed="payment.dispute.created#1",
        lost="payment.dispute.lost#1",
        won="payment.dispute.won#1",
        back_in_part="refund.failed#1",
    ),
    "paypal": Labels(
        makes="POST v2/checkout/orders",
        looks="GET v2/checkout/orders/",
        refunds="POST v2/payments/captures/",
        asks_refund="GET v2/payments/refunds/",
        paid="PAYMENT.CAPTURE.COMPLETED#1",
        held="CHECKOUT.ORDER.APPROVED#1",
        refunded="PAYMENT.CAPTURE.REFUNDED#1",
        by_hand="PAYMENT.CAPTURE.REFUNDED#1",
        disputed="CUSTOMER.DISPUTE.CREATED#1",
        lost="CUSTOMER.DISPUTE.RESOLVED#1",
        won="CUSTOMER.DISPUTE.RESOLVED#1",
        reversed="PAYMENT.CAPTURE.REVERSED#1",
        back_in_part="PAYMENT.REFUND.FAILED#1",
    ),
    "stripe": Labels(
        makes="POST v1/checkout/sessions",
        looks="GET v1/checkout/sessions/",
        refunds="POST v1/refunds",
        asks_refund="GET v1/refunds/",
        paid="payment_intent.succeeded#1",
        held="payment_intent.amount_capturable_updated#1",
        refunded="refund.updated#1",
        by_hand="charge.refunded#1",
        disputed="charge.dispute.funds_withdrawn#1",
        lost="charge.dispute.closed#1",
        won="charge.dispute.funds_reinstated#1",
        charges="POST v1/payment_intents",
        reversed="charge.refunded#1",
        back_in_part="refund.updated#2",
    ),
    "square": Labels(
        makes="POST v2/online-checkout/payment-links",
        looks="GET v2/payments/",
        refunds="POST v2/refunds",
        asks_refund="GET v2/refunds/",
        paid="payment.updated#1",
        held="payment.created#1",
        refunded="refund.updated#1",
        by_hand="refund.created#1",
        disputed="dispute.created#1",
        lost="dispute.state.updated#1",
        won="dispute.state.updated#1",
        charges="POST v2/payments",
        back_in_part="payment.updated#3",
    ),
}

GATEWAYS = tuple(LABELS)
STAYS_OPEN = ("stripe", "square")  # A declined payer may try another card at the same page.


def held(gateway: str) -> tuple[Way, tuple[Act, ...]]:
    """Square's links authorize nothing: there a token does, and no payer acts."""
    if gateway == "square":
        return Way(is_manual=True, token="ok"), (BEGIN,)
    return Way(is_manual=True), ACTS_TO_PAID_AND_HEARD


def dead(gateway: str) -> tuple[tuple[Act, ...], Ends]:
    """An order that has ended within ten seconds, and how."""
    how = "cancelled" if gateway in STAYS_OPEN else "failed"
    acts = CANCELLED if gateway in STAYS_OPEN else DECLINED
    return acts, (f"payment {how} {AMOUNT}", f"their order {how} {AMOUNT}")


def late(gateway: str) -> tuple[tuple[Act, ...], str]:
    """Money for an order that has ended, and the first webhook that tells of it."""
    if gateway == "paypal":  # At PayPal only an order that our clock ended can be paid late.
        return (BEGIN, act(600, "pay_after_the_end", page=0), act(601, "webhook now")), LABELS[gateway].held
    pays = "pay" if gateway == "razorpay" else "pay_after_the_end"  # A Razorpay order never ends.
    return (*dead(gateway)[0], act(20, pays, page=0), act(21, "webhook now")), LABELS[gateway].paid
