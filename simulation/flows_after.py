"""The flows that are killed at every point, of what comes after an end; and every flow at each gateway that can.

`AFTER` has each of them at one gateway, `ELSEWHERE` at the others.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from simulation.flows import (
    AND_REFUNDED,
    BEGIN,
    DECLINED,
    OTHERS_LATER,
    PAID,
    REFUND_WANTED,
    REFUNDED,
    SETTLED,
    Flow,
    act,
)
from simulation.flows_decided import CAME_BACK, REFUND_KNOWN, approval, decision, late_decision, return_decision
from simulation.plan import HOUR, USUAL, Act, Way

ALL = ("phonepe", "razorpay", "paypal", "stripe", "square")
_LATE = replace(OTHERS_LATER, until_ms=2_400_000.0)
_ANEW = 50_000

# The last webhook of what happened, by gateway; "#n" where others of that name came before it.
_TELLS_PAID = {
    "phonepe": "checkout.order.completed#1",
    "razorpay": "order.paid#1",
    "paypal": "PAYMENT.CAPTURE.COMPLETED#1",
    "stripe": "payment_intent.succeeded#1",
    "square": "payment.updated#1",
}
_TELLS_BY_HAND = {
    "phonepe": "pg.refund.completed#1",
    "razorpay": "refund.created#1",
    "paypal": "PAYMENT.CAPTURE.REFUNDED#1",
    "stripe": "charge.refunded#1",
    "square": "refund.created#1",
}
_TELLS_REVERSED = {"paypal": "PAYMENT.CAPTURE.REVERSED#1", "stripe": "charge.refunded#1"}
_REFUND_CALL = {
    "razorpay": "POST v1/payments/",
    "paypal": "POST v2/payments/captures/",
    "stripe": "POST v1/refunds",
    "square": "POST v2/refunds",
}


def _held(gateway: str) -> tuple[Way, tuple[Act, ...]]:
    """Square's links authorize nothing: there a token does, and no payer acts."""
    if gateway == "square":
        return Way(is_manual=True, token="ok"), (BEGIN,)
    return Way(is_manual=True), SETTLED


def _capture(gateway: str, minor: int | None) -> Flow:
    way, acts = _held(gateway)
    asked = {"minor": minor}
    cancels = gateway != "razorpay"
    return Flow(
        f"capture in part, at {gateway}" if minor else f"capture, at {gateway}",
        "capture A#1",
        (*acts, act(10, "capture", **asked), act(60, "capture", **asked)),
        client=("capture", asked),
        second=("cancel", {}),
        ends=("payment completed 49900", f"their order paid {minor or 49900}"),
        or_ends=("payment cancelled 49900", "their order cancelled 49900") if cancels else (),
        gateways=(gateway,),
        way=way,
    )


def _cancel(gateway: str) -> Flow:
    way, acts = _held(gateway)
    return Flow(
        f"cancel, at {gateway}",
        "cancel A#1",
        (*acts, act(10, "cancel"), act(60, "cancel")),
        client=("cancel", {}),
        second=("capture", {"minor": REFUNDED}),
        ends=("payment cancelled 49900", "their order cancelled 49900"),
        or_ends=("payment completed 49900", f"their order paid {REFUNDED}"),
        gateways=(gateway,),
        way=way,
    )


def _refund(gateway: str, minor: int | None) -> Flow:
    """In part: another such refund would be more than was paid."""
    asked = {"key": "f1", "minor": minor, "tries": 0}
    done = minor or 49900
    return Flow(
        f"refund in part, at {gateway}" if minor else f"refund, at {gateway}",
        "refund A#1",
        (*SETTLED, act(10, "refund", **asked), act(240, "refund", **asked | {"tries": 2})),
        client=("refund", asked | {"tries": 3}),
        second=("refund", asked | {"key": "f2", "tries": 3}),
        news=(("finish refund", {}),),
        needs={"webhook": _REFUND_CALL[gateway]} if gateway in _REFUND_CALL else {"webhook": "POST payments/v2/refund"},
        ends=(*PAID, f"refund completed {done}", f"their refund completed {done}"),
        profile=replace(OTHERS_LATER, webhook_delay_min_ms=200_000.0, first_sweep_ms=65_000.0),
        gateways=(gateway,),
    )


def _returned(gateway: str) -> Flow:
    """Who refunds anew before the return is known is refused; after it he is not."""
    return Flow(
        f"refund that comes back, at {gateway}",
        "refresh refund A#2",
        (*REFUND_KNOWN, act(100, "return_refund", which=0), act(101, "refresh refund")),
        client=REFUND_WANTED,
        second=("refund", {"key": "f2", "minor": REFUNDED, "tries": 0}),
        ends=CAME_BACK,
        or_ends=(*CAME_BACK, *AND_REFUNDED),
        profile=replace(OTHERS_LATER, webhook_delay_min_ms=120_000.0),
        gateways=(gateway,),
    )


_HALF = (*PAID, "refund completed 24950", "their refund completed 24950")
_FAILED_BESIDE = (*_HALF, f"refund failed {REFUNDED}")


def _by_hand(gateway: str) -> Flow:
    """A refund of ours that meets it is refused here or there."""
    return Flow(
        f"refund at the dashboard, at {gateway}",
        f"webhook {_TELLS_BY_HAND[gateway]}",
        (*SETTLED, act(20, "refund_by_hand", share=2), act(25, "webhook now")),
        client=("refund", {"key": "f1", "minor": REFUNDED, "tries": 0}),
        second=("refund", {"key": "f2", "minor": REFUNDED, "tries": 0}),
        ends=_HALF,
        or_ends=_FAILED_BESIDE,
        gateways=(gateway,),
    )


def _reversal(gateway: str) -> Flow:
    return replace(
        _by_hand(gateway),
        name=f"reversal, at {gateway}",
        victim=f"webhook {_TELLS_REVERSED[gateway]}",
        acts=(*SETTLED, act(20, "reverse", share=2), act(25, "webhook now")),
    )


def _under_way(gateway: str) -> Flow:
    """The money comes long after our expiry."""
    return Flow(
        f"pending past its expiry, at {gateway}",
        f"webhook {_TELLS_PAID[gateway]}",
        (BEGIN, act(5, "wait", page=0, ends="complete", ends_s=795), act(801, "webhook now")),
        second=("retry", {"key": "r1", "tries": 1}),
        profile=replace(_LATE, first_poll_ms=400_000.0),
        gateways=(gateway,),
        way=Way(token="bank") if gateway == "square" else USUAL,
        lives_s=300,
    )


def _replaced(gateway: str) -> Flow:
    anew, first = {"key": "k3", "minor": _ANEW}, ("payment failed 49900", "their order failed 49900")
    return Flow(
        f"replaced order, at {gateway}",
        "initiate A#2",
        (
            *DECLINED,
            act(20, "initiate", **anew, tries=0),
            act(60, "initiate", **anew, tries=2),
            act(110, "pay now"),
        ),
        client=("initiate", anew | {"tries": 3}),
        second=("initiate", {"key": "k4", "minor": _ANEW, "tries": 0}),
        ends=(*first, "payment completed 50000", "their order paid 50000"),
        gateways=(gateway,),
        needs={"webhook": "POST ", "payer returns": "POST ", "poll": "start execution"},
    )


_TELLS_DISPUTE = {
    "phonepe": "payment.dispute.created#1",
    "razorpay": "payment.dispute.created#1",
    "paypal": "CUSTOMER.DISPUTE.CREATED#1",
    "stripe": "charge.dispute.funds_withdrawn#1",
    "square": "dispute.created#1",
}


_REFUNDS_BESIDE = ("phonepe", "razorpay")  # Those that refund what is disputed; then a case says so.


def _dispute(gateway: str) -> Flow:
    """A chargeback of half: who refunds more than the rest is refused, here or there, unless he comes first."""
    return Flow(
        f"dispute, at {gateway}",
        f"webhook {_TELLS_DISPUTE[gateway]}",
        (*SETTLED, act(20, "dispute", phase="chargeback", share=2), act(21, "webhook now")),
        client=("refund", {"key": "f1", "minor": REFUNDED, "tries": 0}),
        second=("refund", {"key": "f2", "minor": REFUNDED, "tries": 0}),
        ends=PAID,
        or_ends=(*PAID, *AND_REFUNDED) if gateway in _REFUNDS_BESIDE else (*PAID, f"refund failed {REFUNDED}"),
        gateways=(gateway,),
    )


def _everywhere() -> Iterator[tuple[Flow, ...]]:
    """Each flow at all gateways that can; the first of them is the one of `make test`."""
    yield tuple(_capture(name, None) for name in ("razorpay", "stripe", "paypal", "square"))
    yield tuple(_capture(name, REFUNDED) for name in ("square", "paypal"))  # At Stripe: `flows`.
    yield tuple(_cancel(name) for name in ("stripe", "square"))  # At PayPal: `flows`.
    yield tuple(_refund(name, REFUNDED) for name in ("paypal", "razorpay", "stripe", "square"))  # At PhonePe: `flows`.
    yield tuple(_refund(name, None) for name in ("stripe", "razorpay", "paypal", "square", "phonepe"))
    yield tuple(_returned(name) for name in ("stripe", "razorpay", "paypal", "square", "phonepe"))
    yield tuple(_by_hand(name) for name in ("square", "phonepe", "razorpay", "paypal", "stripe"))
    yield tuple(_reversal(name) for name in ("paypal", "stripe"))
    yield tuple(_under_way(name) for name in ("phonepe", "razorpay", "paypal", "stripe", "square"))
    # Not at Razorpay, which may get two orders of one name: nobody could say which of them is paid.
    yield tuple(_replaced(name) for name in ("phonepe", "paypal"))
    yield tuple(_dispute(name) for name in ("stripe", "phonepe", "razorpay", "paypal", "square"))
    yield tuple(decision(outcome) for outcome in ("refund", "refunded outside", "write off"))
    yield tuple(return_decision(outcome) for outcome in ("refund", "refunded outside", "write off"))
    yield (approval(),)
    yield (late_decision(),)


# A day and more after the capture, so that each case takes long.
_REPORT = Flow("report of an hour", "report#1", SETTLED, profile=replace(OTHERS_LATER, until_ms=30 * HOUR))

AFTER = tuple(flows[0] for flows in _everywhere())
ELSEWHERE = (*(flow for flows in _everywhere() for flow in flows[1:]), _REPORT)
