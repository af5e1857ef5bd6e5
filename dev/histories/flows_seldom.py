"""Flows in which two people act at once, or the state changes between a request and its answer."""

from __future__ import annotations

from dataclasses import replace

from dev.histories import flows_after as after
from dev.histories import flows_decided as decided
from dev.histories import flows_paying as paying
from dev.histories.assumed import assumed_of
from dev.histories.flows import (
    ACTS_TO_PAID,
    ACTS_TO_PAID_AND_HEARD,
    AMOUNT,
    BEGIN,
    DECLINED,
    PAID,
    REFUND_REQUESTED,
    REFUNDED,
    Flow,
    Given,
    act,
)
from dev.histories.flows_at import LABELS, authorized
from dev.histories.plan import Act
from gateway_simulators.kit.faults import EACH, UNTIL_CLEARED

_AT_ONCE_S = 0.01  # Each reads before the other writes.
_UNKNOWN_THERE = {"fault": "error_before", "op": "status", "status": 404, "times": UNTIL_CLEARED}


def decided_by_two(gateway: str) -> Flow:
    """Two people decide about an amount at once: first both meet a changed amount, then one of them decides."""
    flow = decided.about_amount(gateway, "accept")
    again = tuple(replace(one, at_ms=one.at_ms + _AT_ONCE_S * 1000) for one in flow.acts if one.do == "decide_cases")
    return replace(flow, name="decision of two at once", victim="decide cases#3", acts=_in_turn(*flow.acts, *again))


def requested_by_two(gateway: str) -> Flow:
    """Two people ask for the same approval at once."""
    flow = decided.approval_void(gateway)
    asks = next(one for one in flow.acts if one.do == "ask_approval")
    again = replace(asks, at_ms=asks.at_ms + _AT_ONCE_S * 1000)
    acts = _in_turn(*flow.acts, again)
    return replace(flow, name="approval that two ask for at once", victim="ask for approval#2", acts=acts)


def answered_by_two(gateway: str) -> Flow:
    """Two people approve a refund at once."""
    flow = after.forced(gateway, act(60 - _AT_ONCE_S, "answer", times=1))
    return replace(flow, name="approval that two give at once", victim="answer#2")


def forced_under_review(gateway: str) -> Flow:
    """The gateway reports another amount of the payment before the second person approves."""
    wrong = act(39, "arm", fault="wrong_amount", op="status", times=1)
    flow = after.forced(gateway, wrong, act(40, "refund_by_hand", share=4), act(41, "webhook now"))
    ends = (*PAID, f"their refund completed {AMOUNT // 4}")
    return replace(flow, name="refund in spite of a dispute of what is under review", ends=ends)


def repeat_under_review(gateway: str) -> Flow:
    """The answer to the creation was lost, and the payment is under review when the request is repeated."""
    labels = LABELS[gateway]
    lost = Given("initiate A#1", labels.makes, "reset_after")
    wrong = Given(f"apply {labels.paid}", labels.looks, "wrong_amount")
    return Flow(
        "repeat, under review",
        "initiate A#2",
        (BEGIN, act(5, "pay now"), act(6, "webhook now"), act(40, "initiate", key="k1", tries=0)),
        (gateway,),
        given=(lost, wrong),
        ends=(f"payment pending {AMOUNT}", f"their order paid {AMOUNT}"),
    )


def reconciled(gateway: str) -> Flow:
    """A reconciliation compares a payment while its webhook comes."""
    acts = (*ACTS_TO_PAID, act(6, "reconcile"), act(6.03, "webhook now"))
    return Flow("reconciliation", "reconcile#1", acts, (gateway,))


def reconciled_unknown(gateway: str) -> Flow:
    """For a while the gateway answers that it does not know a paid order."""
    unknown = act(20, "arm", **_UNKNOWN_THERE), act(21, "reconcile"), act(30, "disarm")
    acts = (*ACTS_TO_PAID_AND_HEARD, *unknown)
    return Flow("reconciliation of what is not found", "reconcile#1", acts, (gateway,))


def under_way_unknown(gateway: str) -> Flow:
    """For a while the gateway answers that it does not know a pending order."""
    flow = paying.under_way(gateway)
    unknown = act(560, "arm", **_UNKNOWN_THERE), act(570, "poll now"), act(600, "disarm")
    return replace(flow, name="pending, and not found for a while", acts=_in_turn(*flow.acts, *unknown))


def tried_too_often(gateway: str) -> Flow:
    """Ten attempts are declined at their pages; the next retry is refused."""
    acts = [*DECLINED]
    for number in range(1, 11):
        retries = act(10 * number, "retry", key=f"r{number}", tries=0)
        acts += (retries, act(10 * number + 5, "decline", page=0), act(10 * number + 6, "webhook now"))
    return Flow(
        "retry, for the eleventh time",
        "retry A#10",
        tuple(acts),
        (gateway,),
        client=("retry", {"key": "r11", "tries": 0}),
        second=("retry", {"key": "r12", "tries": 0}),
        ends=(f"payment failed {AMOUNT}", *[f"their order failed {AMOUNT}"] * 10),
    )


def late_beside_another(gateway: str) -> Flow:
    """Late money is refunded by a decision while the payer has a newer checkout open, which is then paid.

    A check of that checkout before the decision closes it, where it can be closed: the order may be paid.
    """
    flow = decided.about_late(gateway, "refund")
    first = tuple(replace(one, more=one.more | {"page": 1}) if "pay" in one.do else one for one in flow.acts)
    acts = _in_turn(*first, act(12, "retry", key="r1", tries=2), act(120, "pay", page=0), act(121, "webhook now"))
    ends = (
        f"payment completed {AMOUNT}",
        f"their order paid {AMOUNT}",
        *(end for end in flow.ends if "payment" not in end),
    )
    is_closed = (f"payment failed {AMOUNT}", f"their order cancelled {AMOUNT}", *ends[2:])
    or_ends = (is_closed,) if assumed_of(gateway).stays_open else ()
    return replace(flow, name="late money beside another attempt", acts=acts, ends=ends, or_ends=or_ends)


def late_and_wrong(gateway: str) -> Flow:
    """Late money is under review already when the gateway reports another amount of it."""
    flow = decided.about_late(gateway, "accept")
    wrong = act(23, "arm", fault="wrong_amount", op="status", times=1), act(24, "webhook now")
    return replace(flow, name="late money of another amount", acts=_in_turn(*flow.acts, *wrong))


def acceptance_refused(gateway: str) -> Flow:
    """The gateway refuses the acceptance of a dispute: the dispute goes on."""
    flow = after.dispute_accepted(gateway)
    refused = act(30.15, "arm", fault="reject", op="dispute", reason=EACH, times=1)
    return replace(flow, name="dispute whose acceptance is refused", acts=(*flow.acts, refused))


def captured_and_wrong(gateway: str) -> Flow:
    """A capture was not answered, and another amount is authorized than was requested: it is too early to decide."""
    way, acts = authorized(gateway)
    wrong = act(9, "arm", fault="wrong_amount", op="status", times=1)
    return Flow(
        "decision while a capture may arrive",
        "decide cases#1",
        (*acts, act(8, "webhook now"), wrong, act(10, "capture", minor=None), *decided.decides(3, 30)),
        (gateway,),
        client=("decide_cases", {"choice": 3}),
        second=("decide_cases", {"choice": 3}),
        ends=(f"payment authorized {AMOUNT}", f"their order authorized {AMOUNT}"),
        way=way,
    )


def about_failed_refund(gateway: str) -> Flow:
    """A refund of another amount was reported, and then its failure: `accept` books the failure."""
    flow = decided.about_refund(gateway, "accept")
    wanted = tuple(one for one in flow.acts if one.do != "finish refund")
    fails = act(10.5, "fail_refund")
    return replace(
        flow,
        name="decision about a refund that failed: accept",
        acts=_in_turn(*wanted, fails),
        ends=(*PAID, f"refund failed {REFUNDED}", f"their refund failed {REFUNDED}"),
    )


def about_returned_refund(gateway: str) -> Flow:
    """A completed refund of which another amount was reported comes back: there is nothing to accept."""
    flow = decided.about_completed_refund(gateway, "accept")
    acts = _in_turn(*flow.acts, act(45, "return_refund", which=0))
    ends = (*PAID, f"refund completed {REFUNDED}", f"their refund returned {REFUNDED}")
    return replace(flow, name="decision about a refund that came back meanwhile", acts=acts, ends=ends)


def _in_turn(*acts: Act) -> tuple[Act, ...]:
    return tuple(sorted(acts, key=lambda one: one.at_ms))


def about_dead_refund(gateway: str, outcome: str) -> Flow:
    """A failed refund is reported with another amount; the payer gets the money by other means, or nothing."""
    choice, ends = {
        "refunded outside": (1, (f"refund completed {REFUNDED}",)),
        "write off": (2, ()),
    }[outcome]
    reported = act(39, "arm", fault="wrong_amount", op="refund_status", times=1), act(40, "refresh refund")
    fails = REFUND_REQUESTED, act(10.5, "fail_refund"), act(20, "refresh refund")
    return replace(
        decided.about_refund(gateway, outcome),
        name=f"decision about a refund that had failed: {outcome}",
        acts=(*ACTS_TO_PAID_AND_HEARD, *fails, *reported, *decided.decides(choice, 50, 100)),
        given=(),
        ends=(*PAID, f"refund failed {REFUNDED}", f"their refund failed {REFUNDED}", *ends),
    )


def forced_after_review(gateway: str) -> Flow:
    """Somebody asks for the refund when the payment is under review already."""
    flow = forced_under_review(gateway)
    acts = tuple(replace(one, at_ms=45_000.0) if one.do == "force_refund" else one for one in flow.acts)
    return replace(
        flow, name="refund in spite of a dispute, asked under review", victim="forced refund A#1", acts=_in_turn(*acts)
    )
