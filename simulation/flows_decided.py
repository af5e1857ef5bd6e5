"""The flows of decisions that are killed at every point: each outcome, an approval, and late money."""

from __future__ import annotations

from dataclasses import replace

from simulation.flows import (
    AND_REFUNDED,
    DECLINED,
    PAID,
    REFUND_ASKED,
    REFUNDED,
    SETTLED,
    STATUS,
    SWEEP_ALONE,
    Flow,
    Given,
    act,
)
from simulation.plan import Act

_ABOVE = 9_999_900  # More than one person may decide about.

REFUND_KNOWN = (*SETTLED, REFUND_ASKED, act(15, "finish refund"), act(30, "refresh refund"))
CAME_BACK = (*PAID, f"refund returned {REFUNDED}", f"their refund returned {REFUNDED}")


_AMOUNT_DECISIONS: dict[str, tuple[int, tuple[str, ...]]] = {
    "accept": (0, PAID),
    "refund": (
        1,
        ("payment failed 49900", "refund completed 49900", "their order paid 49900", "their refund completed 49900"),
    ),
    "refunded outside": (2, ("payment failed 49900", "refund completed 49900", "their order paid 49900")),
    "write off": (3, ("payment failed 49900", "their order paid 49900")),
}


def _decided(choice: int) -> tuple[Act, ...]:
    """The first meets another amount than the case shows, the second decides, the third repeats."""
    return tuple(act(at_s, "decide_cases", choice=choice) for at_s in (10, 60, 110))


def decision(outcome: str) -> Flow:
    choice, ends = _AMOUNT_DECISIONS[outcome]
    return Flow(
        f"decision: {outcome}",
        "decide cases#2",
        (*SETTLED, *_decided(choice)),
        client=("decide_cases", {"choice": choice}),
        given=(Given("webhook checkout.order.completed#1", STATUS, "wrong_amount"),),
        ends=ends,
    )


_RETURN_DECISIONS: dict[str, tuple[int, tuple[str, ...]]] = {
    "refund": (0, (*CAME_BACK, *AND_REFUNDED)),
    "refunded outside": (1, (*CAME_BACK, f"refund completed {REFUNDED}")),
    "write off": (2, CAME_BACK),
}


def return_decision(outcome: str) -> Flow:
    choice, ends = _RETURN_DECISIONS[outcome]
    decides = {"choice": choice}
    return Flow(
        f"decision about a return: {outcome}",
        "decide cases#1",
        (
            *REFUND_KNOWN,
            act(100, "return_refund", which=0),
            act(101, "refresh refund"),
            act(110, "decide_cases", **decides),
            act(170, "decide_cases", **decides),
        ),
        client=("decide_cases", decides),
        second=("decide_cases", decides),
        ends=ends,
        gateways=("razorpay",),
        profile=replace(SWEEP_ALONE, first_sweep_ms=240_000.0),
    )


def approval() -> Flow:
    paid = f"their order paid {_ABOVE}", f"their refund completed {_ABOVE}"
    return replace(
        decision("refund"),
        name="decision that a second person approves",
        amount=_ABOVE,
        acts=(*SETTLED, *_decided(1)),
        ends=(f"payment failed {_ABOVE}", f"refund completed {_ABOVE}", *paid),
    )


def late_decision() -> Flow:
    """Late money that the workspace wants a person to look at, and accepts."""
    return Flow(
        "decision about late money",
        "decide cases#1",
        (
            *DECLINED,
            act(20, "pay_after_the_end", page=0),
            act(21, "webhook now"),
            act(30, "decide_cases", choice=0),
            act(80, "decide_cases", choice=0),
        ),
        client=("decide_cases", {"choice": 0}),
        second=("decide_cases", {"choice": 0}),
        late_success="hold",
        ends=PAID,
    )
