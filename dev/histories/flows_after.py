"""The flows after a payment's end, for each gateway: refunds, late and returned money, disputes, reports."""

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
    OTHERS_LATER,
    PAID,
    REFUND_F1_RETRIED,
    REFUND_KNOWN,
    REFUND_REQUESTED,
    REFUNDED,
    SWEEP_ALONE,
    Ends,
    Flow,
    act,
)
from dev.histories.flows_at import LABELS, dead, late
from dev.histories.plan import HOUR, Act

_REFUND_F2_ONCE = ("refund", {"key": "f2", "minor": REFUNDED, "tries": 0})
_REFUND_F1_ONCE: tuple[str, dict[str, object]] = ("refund", {"key": "f1", "minor": REFUNDED, "tries": 0})


def refund(gateway: str, minor: int | None = None) -> Flow:
    """Refund in part: another such refund would exceed the payment."""
    wanted = {"key": "f1", "minor": minor, "tries": 0}
    done = minor or AMOUNT
    return Flow(
        "refund in part" if minor else "refund",
        "refund A#1",
        (*ACTS_TO_PAID_AND_HEARD, act(10, "refund", **wanted), act(240, "refund", **wanted | {"tries": 2})),
        (gateway,),
        client=("refund", wanted | {"tries": 3}),
        second=("refund", wanted | {"key": "f2", "tries": 3}),
        gateway_acts=(("finish refund", {}),),
        needs={"webhook": LABELS[gateway].refunds},
        ends=(*PAID, f"refund completed {done}", f"their refund completed {done}"),
        profile=replace(OTHERS_LATER, webhook_delay_min_ms=200_000.0, first_sweep_ms=65_000.0),
    )


def refund_in_part(gateway: str) -> Flow:
    return refund(gateway, REFUNDED)


def webhook_of_refund(gateway: str) -> Flow:
    return Flow(
        "webhook of a refund",
        f"apply {LABELS[gateway].refunded}",
        (*ACTS_TO_PAID_AND_HEARD, REFUND_REQUESTED),
        (gateway,),
        client=REFUND_F1_RETRIED,
        second=_REFUND_F2_ONCE,
        ends=(*PAID, *AND_REFUNDED),
    )


def sweep_of_refund(gateway: str) -> Flow:
    return replace(
        webhook_of_refund(gateway),
        name="sweep of a refund",
        victim="sweep#1",
        acts=(*ACTS_TO_PAID_AND_HEARD, REFUND_REQUESTED, act(75, "sweep now")),
        profile=SWEEP_ALONE,
    )


def refresh_of_refund(gateway: str) -> Flow:
    return replace(
        webhook_of_refund(gateway),
        name="refresh of a refund",
        victim="refresh refund A#1",
        acts=(*ACTS_TO_PAID_AND_HEARD, REFUND_REQUESTED, act(20, "refresh refund")),
        profile=SWEEP_ALONE,
    )


def returned(gateway: str) -> Flow:
    """A new refund is refused until the return is known; then it is accepted."""
    return Flow(
        "refund that comes back",
        "refresh refund A#2",
        (*REFUND_KNOWN, act(100, "return_refund", which=0), act(101, "refresh refund")),
        (gateway,),
        client=REFUND_F1_RETRIED,
        second=_REFUND_F2_ONCE,
        ends=CAME_BACK,
        or_ends=((*CAME_BACK, *AND_REFUNDED),),
        profile=replace(OTHERS_LATER, webhook_delay_min_ms=120_000.0),
    )


_HALF: Ends = (*PAID, f"refund completed {AMOUNT // 2}", f"their refund completed {AMOUNT // 2}")


def by_hand(gateway: str) -> Flow:
    """A refund of ours that meets it is refused by us or by the gateway."""
    return Flow(
        "refund at the dashboard",
        f"apply {LABELS[gateway].by_hand}",
        (*ACTS_TO_PAID_AND_HEARD, act(20, "refund_by_hand", share=2), act(25, "webhook now")),
        (gateway,),
        client=_REFUND_F1_ONCE,
        second=_REFUND_F2_ONCE,
        ends=_HALF,
        or_ends=((*_HALF, f"refund failed {REFUNDED}"),),
    )


def reversal(gateway: str) -> Flow:
    acts = (*ACTS_TO_PAID_AND_HEARD, act(20, "reverse", share=2), act(25, "webhook now"))
    return replace(by_hand(gateway), name="reversal", victim=f"apply {LABELS[gateway].reversed}", acts=acts)


def returned_in_part(gateway: str) -> Flow:
    """Two refunds at the dashboard are found at once and booked as one; then one of the two comes back."""
    by_hand = (act(20, "refund_by_hand", share=4), act(20.5, "refund_by_hand", share=4), act(30, "webhook now"))
    back = f"refund returned {AMOUNT // 4}", f"their refund returned {AMOUNT // 4}"
    ends: Ends = (*PAID, f"refund completed {AMOUNT // 4}", f"their refund completed {AMOUNT // 4}", *back)
    return Flow(
        "part of a refund that comes back",
        f"apply {LABELS[gateway].back_in_part}",
        (*ACTS_TO_PAID_AND_HEARD, *by_hand, act(45, "return_refund", which=0), act(46, "webhook now")),
        (gateway,),
        client=_REFUND_F1_ONCE,
        second=_REFUND_F2_ONCE,
        ends=ends,
        or_ends=((*ends, *AND_REFUNDED),),
        profile=replace(OTHERS_LATER, webhook_delay_min_ms=120_000.0),
    )


_CHARGED_BACK = act(20, "dispute", phase="chargeback", share=2)
_SENT_BACK: Ends = (f"refund completed {AMOUNT}", f"their refund completed {AMOUNT}")


def dispute(gateway: str) -> Flow:
    """A chargeback of half. A refund of more than the rest is refused, by us or by the gateway, unless it comes
    first.
    """
    refused: Ends = (*PAID, f"refund failed {REFUNDED}")
    return Flow(
        "dispute",
        f"apply {LABELS[gateway].disputed}",
        (*ACTS_TO_PAID_AND_HEARD, _CHARGED_BACK, act(21, "webhook now")),
        (gateway,),
        client=_REFUND_F1_ONCE,
        second=_REFUND_F2_ONCE,
        ends=PAID,
        or_ends=((*PAID, *AND_REFUNDED) if assumed_of(gateway).refunds_disputed else refused,),
    )


def list_of_disputes(gateway: str) -> Flow:
    return replace(
        dispute(gateway),
        name="list of disputes",
        victim="list of disputes#1",
        acts=(*ACTS_TO_PAID_AND_HEARD, _CHARGED_BACK, act(21, "list_disputes")),
    )


def _ended(gateway: str, how: str, webhook: str) -> Flow:
    acts = (
        *ACTS_TO_PAID_AND_HEARD,
        _CHARGED_BACK,
        act(21, "webhook now"),
        act(30, "end_dispute", how=how),
        act(31, "webhook now"),
    )
    return replace(dispute(gateway), victim=f"apply {webhook}", acts=acts)


def dispute_lost(gateway: str) -> Flow:
    return replace(_ended(gateway, "lose", LABELS[gateway].lost), name="dispute that is lost")


def dispute_won(gateway: str) -> Flow:
    """After a won dispute the money can be refunded."""
    flow = _ended(gateway, "win", LABELS[gateway].won)
    return replace(flow, name="dispute that is won", or_ends=((*PAID, *AND_REFUNDED),))


def dispute_again(gateway: str) -> Flow:
    """The merchant answers at the dashboard, and the bank asks for another answer."""
    acts = (
        *(*ACTS_TO_PAID_AND_HEARD, _CHARGED_BACK, act(21, "webhook now")),
        *(act(25, "contest_dispute"), act(26, "webhook now")),
        *(act(30, "end_dispute", how="reopen"), act(31, "webhook now")),
    )
    flow = dispute(gateway)
    return replace(flow, name="dispute that wants another answer", victim=f"apply {LABELS[gateway].again}", acts=acts)


def dispute_accepted(gateway: str) -> Flow:
    acts = (*ACTS_TO_PAID_AND_HEARD, _CHARGED_BACK, act(21, "webhook now"), act(30, "accept_dispute"))
    return replace(dispute(gateway), name="dispute that is accepted", victim="accept disputes#1", acts=acts)


def forced(gateway: str, *meanwhile: Act) -> Flow:
    """The whole is refunded although a chargeback is open: one person asks, then another approves."""
    wanted = (act(30, "force_refund", minor=None, agrees=None), *meanwhile, act(60, "answer", times=1))
    return Flow(
        "refund in spite of a dispute",
        "answer#1",
        (*ACTS_TO_PAID_AND_HEARD, _CHARGED_BACK, act(21, "webhook now"), *wanted, act(110, "answer", times=1)),
        (gateway,),
        client=("answer", {"times": 1}),
        second=("answer", {"times": 1}),
        ends=(*PAID, *_SENT_BACK),
    )


def forced_too_late(gateway: str) -> Flow:
    """The dispute is won before the second person approves."""
    flow = forced(gateway, act(40, "end_dispute", how="win"), act(41, "webhook now"))
    return replace(flow, name="refund in spite of a dispute that has ended", ends=PAID)


def forced_too_much(gateway: str) -> Flow:
    """A part is refunded at the dashboard before the second person approves the whole."""
    flow = forced(gateway, act(40, "refund_by_hand", share=4), act(46, "webhook now"))
    ends = (*PAID, f"refund completed {AMOUNT // 4}", f"their refund completed {AMOUNT // 4}")
    return replace(flow, name="refund in spite of a dispute of more than is left", ends=ends)


def late_money(gateway: str) -> Flow:
    acts, webhook = late(gateway)
    return Flow("late money, granted", f"apply {webhook}", acts, (gateway,), profile=LATE, lives_s=300)


def late_money_refunded(gateway: str) -> Flow:
    ends = (dead(gateway)[1][0], f"their order paid {AMOUNT}", *_SENT_BACK)
    return replace(late_money(gateway), name="late money, refunded", late_success="refund", ends=ends)


def second_debit(gateway: str) -> Flow:
    """Where the gateway's answer names only the first of two debits, a case is opened."""
    theirs: Ends = (f"payment completed {AMOUNT}", f"their order paid {2 * AMOUNT}")
    webhook = LABELS[gateway].paid.replace("#1", "#2")
    return Flow(
        "second debit",
        f"apply {webhook}",
        (BEGIN, act(5, "pay_twice", page=0), act(6, "webhook now"), act(12, "webhook now")),
        (gateway,),
        ends=theirs if assumed_of(gateway).tells_first_alone else (*theirs, *_SENT_BACK),
    )


def report(gateway: str) -> Flow:
    """More than a day after the capture."""
    return Flow(
        "report of an hour",
        "report#1",
        ACTS_TO_PAID_AND_HEARD,
        (gateway,),
        profile=replace(OTHERS_LATER, until_ms=30 * HOUR),
    )
