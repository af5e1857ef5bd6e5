"""The flows of decisions, for each gateway: every outcome for the money, an approval, and a case that is only
acknowledged.
"""

from __future__ import annotations

from dataclasses import replace

from dev.histories.assumed import assumed_of
from dev.histories.flows import (
    ACTS_TO_PAID_AND_HEARD,
    AMOUNT,
    AND_REFUNDED,
    BEGIN,
    CAME_BACK,
    LATE,
    PAID,
    REFUND_KNOWN,
    REFUND_REQUESTED,
    REFUNDED,
    SWEEP_ALONE,
    Ends,
    Flow,
    Given,
    act,
)
from dev.histories.flows_at import LABELS, late
from dev.histories.plan import Act

_ABOVE = 9_999_900  # One person may not decide alone about more than this.


def _money_ends(minor: int) -> dict[str, tuple[int, Ends]]:
    """By outcome: its place among those of its case, and the end it leads to."""
    failed, paid = f"payment failed {minor}", f"their order paid {minor}"
    back, theirs = f"refund completed {minor}", f"their refund completed {minor}"
    return {
        "accept": (0, (f"payment completed {minor}", paid)),
        "refund": (1, (failed, back, paid, theirs)),
        "refunded outside": (2, (failed, back, paid)),
        "write off": (3, (failed, paid)),
    }


def decides(choice: int, *at_s: float) -> tuple[Act, ...]:
    return tuple(act(one, "decide_cases", choice=choice) for one in at_s)


def _wrong_amount(gateway: str) -> tuple[tuple[Act, ...], tuple[Given, ...]]:
    """The first status answer after the payment shows another amount.

    Where capturing takes a call of ours, it is the answer after a capture whose own answer was lost.
    """
    labels = LABELS[gateway]
    looks = Given(f"apply {labels.paid}", labels.looks, "wrong_amount")
    if not assumed_of(gateway).takes_by_asking:
        return ACTS_TO_PAID_AND_HEARD, (looks,)
    lost = Given(f"apply {labels.authorized}", labels.takes, "reset_after")
    return (*ACTS_TO_PAID_AND_HEARD, act(7, "webhook now")), (lost, looks)


def about_amount(gateway: str, outcome: str, minor: int = AMOUNT) -> Flow:
    """Three decisions: the first meets a changed amount, the second is carried out, the third repeats the second where
    it was killed.
    """
    choice, ends = _money_ends(minor)[outcome]
    acts, given = _wrong_amount(gateway)
    return Flow(
        f"decision about an amount: {outcome}",
        "decide cases#2",
        (*acts, *decides(choice, 10, 60, 110)),
        (gateway,),
        client=("decide_cases", {"choice": choice}),
        given=given,
        ends=ends,
        amount=minor,
    )


def approval(gateway: str) -> Flow:
    return replace(about_amount(gateway, "refund", _ABOVE), name="decision that a second person approves")


def approval_void(gateway: str) -> Flow:
    """The case shows another amount when the second person approves: that amount was never decided."""
    acts, given = _wrong_amount(gateway)
    answers = (act(60, "answer", times=1), act(100, "answer", times=1))
    return Flow(
        "approval of a case that changed",
        "answer#1",
        (*acts, act(10, "ask_approval", choice=1, is_answered=False), *answers),
        (gateway,),
        client=("answer", {"times": 1}),
        second=("answer", {"times": 1}),
        given=given,
        ends=(f"payment pending {_ABOVE}", f"their order paid {_ABOVE}"),
        amount=_ABOVE,
    )


_FURTHER_ENDS: dict[str, tuple[int, Ends]] = {
    "accept": (0, ()),  # Refused: the order is paid already.
    "refund": (1, ("refund completed 49800", "their refund completed 49800")),
    "refunded outside": (2, ("refund completed 49800",)),
    "write off": (3, ()),
}


def about_further(gateway: str, outcome: str) -> Flow:
    """A second debit of another amount."""
    choice, ends = _FURTHER_ENDS[outcome]
    wrong = act(5.5, "arm", fault="wrong_amount", op="pay", times=1)
    paid = (BEGIN, act(5, "pay_twice", page=0), wrong, act(6, "webhook now"), act(12, "webhook now"))
    return Flow(
        f"decision about a second debit: {outcome}",
        "decide cases#1",
        (*paid, *decides(choice, 20, 70)),
        (gateway,),
        client=("decide_cases", {"choice": choice}),
        second=("decide_cases", {"choice": choice}),
        ends=(f"payment completed {AMOUNT}", "their order paid 99700", *ends),
    )


_RETURN_ENDS: dict[str, tuple[int, Ends]] = {
    "refund": (0, (*CAME_BACK, *AND_REFUNDED)),
    "refunded outside": (1, (*CAME_BACK, f"refund completed {REFUNDED}")),
    "write off": (2, CAME_BACK),
}


def about_return(gateway: str, outcome: str) -> Flow:
    choice, ends = _RETURN_ENDS[outcome]
    came_back = (*REFUND_KNOWN, act(100, "return_refund", which=0), act(101, "refresh refund"))
    return Flow(
        f"decision about a return: {outcome}",
        "decide cases#1",
        (*came_back, *decides(choice, 110, 170)),
        (gateway,),
        client=("decide_cases", {"choice": choice}),
        second=("decide_cases", {"choice": choice}),
        ends=ends,
        profile=replace(SWEEP_ALONE, first_sweep_ms=240_000.0),
    )


def about_late(gateway: str, outcome: str) -> Flow:
    """Late money under the policy `review`."""
    choice, ends = _money_ends(AMOUNT)[outcome]
    return Flow(
        f"decision about late money: {outcome}",
        "decide cases#1",
        (*late(gateway)[0], *decides(choice, 30, 80)),
        (gateway,),
        client=("decide_cases", {"choice": choice}),
        second=("decide_cases", {"choice": choice}),
        late_success="review",
        ends=ends,
        profile=LATE,
        lives_s=300,
    )


_REFUND_ENDS: dict[str, tuple[int, Ends]] = {
    "accept": (0, (*PAID, *AND_REFUNDED)),
    "refunded outside": (1, (*PAID, *AND_REFUNDED)),
    "write off": (2, (*PAID, f"refund failed {REFUNDED}", f"their refund completed {REFUNDED}")),
}


def about_refund(gateway: str, outcome: str) -> Flow:
    """The gateway reports once that it refunded another amount."""
    choice, ends = _REFUND_ENDS[outcome]
    wanted = (*ACTS_TO_PAID_AND_HEARD, REFUND_REQUESTED, act(15, "finish refund"), act(20, "refresh refund"))
    return Flow(
        f"decision about a refund: {outcome}",
        "decide cases#1",
        (*wanted, *decides(choice, 30, 80)),
        (gateway,),
        client=("decide_cases", {"choice": choice}),
        second=("decide_cases", {"choice": choice}),
        given=(Given("refresh refund A#1", LABELS[gateway].asks_refund, "wrong_amount"),),
        ends=ends,
        profile=SWEEP_ALONE,
    )


def about_completed_refund(gateway: str, outcome: str) -> Flow:
    """The gateway reports once another amount of a completed refund."""
    reported = act(39, "arm", fault="wrong_amount", op="refund_status", times=1), act(40, "refresh refund")
    choice = _REFUND_ENDS[outcome][0]
    return replace(
        about_refund(gateway, outcome),
        name=f"decision about a completed refund: {outcome}",
        acts=(*REFUND_KNOWN, *reported, *decides(choice, 50, 100)),
        given=(),
        ends=(*PAID, *AND_REFUNDED),
    )


def noted(gateway: str) -> Flow:
    """A refund, and a chargeback of the refunded money: the case is only acknowledged."""
    disputed = act(100, "dispute", phase="chargeback", share=1), act(101, "webhook now")
    return Flow(
        "decision that takes note",
        "decide cases#1",
        (
            *REFUND_KNOWN,
            *disputed,
            act(102, "end_dispute", how="lose"),
            act(103, "webhook now"),
            *decides(0, 110, 160),
        ),
        (gateway,),
        client=("decide_cases", {"choice": 0}),
        second=("decide_cases", {"choice": 0}),
        ends=(*PAID, *AND_REFUNDED),
    )
