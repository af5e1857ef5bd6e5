"""The flows up to a payment's end, for each gateway."""

from __future__ import annotations

from dataclasses import replace

from dev.histories.assumed import assumed_of
from dev.histories.flows import (
    ACTS_TO_PAID,
    ACTS_TO_PAID_AND_HEARD,
    AMOUNT,
    BEGIN,
    COMES_AGAIN,
    EXECUTION,
    INTENT,
    LATE,
    OTHERS_LATER,
    PAID,
    PAYS,
    REFUNDED,
    SWEEP_ALONE,
    Ends,
    Flow,
    Given,
    act,
)
from dev.histories.flows_at import LABELS, authorized, dead
from dev.histories.plan import USUAL, Way

_PAYS_LATER = (act(50, "initiate", key="k1", tries=2), act(100, "pay now"))
_RESUMED = act(40, "initiate", key="k1", tries=0)
_RESUME = (BEGIN, _RESUMED, act(90, "initiate", key="k1", tries=2), act(130, "pay now"))
_ANEW = 50_000
_ORPHAN = f"their order open {AMOUNT}"


def _orphaned(gateway: str, *ends: Ends) -> tuple[Ends, ...]:
    """Where a create call that arrives late makes a second order, nobody has that order's URL."""
    return tuple((*each, _ORPHAN) for each in ends) if assumed_of(gateway).makes_anew else ()


def initiate(gateway: str) -> Flow:
    makes = LABELS[gateway].makes
    return Flow(
        "initiate",
        "initiate A#1",
        (BEGIN, *_PAYS_LATER),
        (gateway,),
        gateway_acts=(PAYS,),
        needs={"webhook": makes, "payer returns": makes, "poll": EXECUTION, "operator": INTENT},
        late_ends=_orphaned(gateway, PAID),
    )


def repeat_answered(gateway: str) -> Flow:
    again = act(1, "initiate", key="k1", tries=0)
    return Flow("repeat, answered", "initiate A#2", (BEGIN, again, *_PAYS_LATER), (gateway,), gateway_acts=(PAYS,))


def repeat_meanwhile(gateway: str) -> Flow:
    again = act(0.02, "initiate", key="k1", tries=0)
    return replace(repeat_answered(gateway), name="repeat, meanwhile", acts=(BEGIN, again, *_PAYS_LATER))


def repeat_never_sent(gateway: str) -> Flow:
    makes = LABELS[gateway].makes
    return Flow(
        "repeat, never sent",
        "initiate A#2",
        _RESUME,
        (gateway,),
        gateway_acts=(PAYS,),
        needs={"webhook": makes, "payer returns": makes, "poll": EXECUTION},
        given=(Given("initiate A#1", makes, "kill_before"),),
        late_ends=_orphaned(gateway, PAID),
    )


def repeat_never_heard(gateway: str) -> Flow:
    return Flow(
        "repeat, answer lost",
        "initiate A#2",
        _RESUME,
        (gateway,),
        gateway_acts=(PAYS,),
        given=(Given("initiate A#1", LABELS[gateway].makes, "kill_after"),),
        late_ends=_orphaned(gateway, PAID),
    )


def webhook(gateway: str) -> Flow:
    second = (act(7, "webhook now"),) if assumed_of(gateway).takes_by_asking else ()  # The approval comes first.
    acts = (*ACTS_TO_PAID_AND_HEARD, *second, COMES_AGAIN)
    return Flow("webhook that is applied", f"apply {LABELS[gateway].paid}", acts, (gateway,))


def webhook_received(gateway: str) -> Flow:
    """The request of the gateway itself is killed: it is sent again, and the first one's row may be stored already."""
    return replace(webhook(gateway), name="webhook that is received", victim=f"webhook {LABELS[gateway].paid}")


def poll(gateway: str) -> Flow:
    soon = replace(OTHERS_LATER, webhook_delay_min_ms=450_000.0, first_poll_ms=22_000.0, first_sweep_ms=200_000.0)
    return Flow("poll", "poll of ORD-A.1#1", (*ACTS_TO_PAID, COMES_AGAIN), (gateway,), profile=soon)


def come_back(gateway: str) -> Flow:
    acts = (*ACTS_TO_PAID, act(6, "return"), COMES_AGAIN)
    return Flow("return", "return A#1", acts, (gateway,), profile=SWEEP_ALONE)


def sweep(gateway: str) -> Flow:
    return Flow(
        "sweep",
        "sweep#1",
        (*ACTS_TO_PAID, act(66, "sweep now"), act(100, "initiate", key="k1", tries=2)),
        (gateway,),
        given=(Given("initiate A#1", EXECUTION, "refused"),),
        profile=SWEEP_ALONE,
    )


def refresh(gateway: str) -> Flow:
    return Flow(
        "refresh", "refresh A#1", (*ACTS_TO_PAID, act(6, "refresh"), COMES_AGAIN), (gateway,), profile=SWEEP_ALONE
    )


def webhook_of_approval(gateway: str) -> Flow:
    return Flow(
        "webhook of an approval",
        f"apply {LABELS[gateway].authorized}",
        (*ACTS_TO_PAID_AND_HEARD, COMES_AGAIN),
        (gateway,),
    )


def webhook_of_authorization(gateway: str) -> Flow:
    way, acts = authorized(gateway)
    if acts != ACTS_TO_PAID_AND_HEARD:
        acts = (*acts, act(6, "webhook now"))
    ends = f"payment authorized {AMOUNT}", f"their order authorized {AMOUNT}"
    return Flow(
        "webhook of an authorization",
        f"apply {LABELS[gateway].authorized}",
        (*acts, COMES_AGAIN),
        (gateway,),
        ends=ends,
        way=way,
    )


def charge(gateway: str) -> Flow:
    needs = {"webhook": LABELS[gateway].charges, "poll": INTENT, "operator": INTENT}
    return Flow("charge", "initiate A#1", (BEGIN, COMES_AGAIN), (gateway,), needs=needs, way=Way(token="ok"))


def charge_authorized(gateway: str) -> Flow:
    ends = f"payment authorized {AMOUNT}", f"their order authorized {AMOUNT}"
    return replace(charge(gateway), name="charge that is authorized", ends=ends, way=Way(is_manual=True, token="ok"))


def retry(gateway: str) -> Flow:
    """A retry: of a checkout, or of a token charge at gateways whose page stays open after a decline."""
    is_direct = assumed_of(gateway).stays_open
    makes = LABELS[gateway].charges if is_direct else LABELS[gateway].makes
    begun = (BEGIN,) if is_direct else dead(gateway)[0]
    wanted = (act(10, "retry", key="r1", tries=0), act(60, "retry", key="r1", tries=2), act(100, "pay now"))
    ends = (*PAID, f"their order failed {AMOUNT}")
    return Flow(
        "retry",
        "retry A#1",
        (*begun, *wanted),
        (gateway,),
        client=("retry", {"key": "r1", "tries": 3}),
        second=("retry", {"key": "r3" if is_direct else "r2", "tries": 3}),
        gateway_acts=(PAYS,),
        needs={"poll": INTENT if is_direct else EXECUTION, "webhook": makes, "payer returns": makes},
        ends=ends,
        late_ends=_orphaned(gateway, ends),
        way=Way(token="declined") if is_direct else USUAL,
    )


# How a failover may also end if the first gateway did open an order, by what becomes of that order. An actor that finds
# it early keeps the payment there.
_CLOSED = f"their order cancelled {AMOUNT}"
_OPENED_FIRST: dict[str, tuple[Ends, ...]] = {
    "open": ((*PAID, _ORPHAN),),
    "cancelled": ((*PAID, _CLOSED), (f"payment expired {AMOUNT}", _CLOSED)),
}


def failover(gateway: str, following: str) -> Flow:
    makes = LABELS[following].makes
    return Flow(
        f"failover to {following}",
        "initiate A#1",
        (BEGIN, *_PAYS_LATER),
        (gateway, following),
        gateway_acts=(PAYS,),
        needs={"webhook": makes, "payer returns": makes, "poll": EXECUTION, "operator": INTENT},
        given=(Given("initiate A#1", LABELS[gateway].makes, "refused"),),
        or_ends=_OPENED_FIRST.get(assumed_of(gateway).left_becomes, ()),
        late_ends=_orphaned(gateway, PAID) or _orphaned(following, PAID),
    )


def replaced(gateway: str) -> Flow:
    anew, (acts, first) = {"key": "k3", "minor": _ANEW}, dead(gateway)
    makes, ends = LABELS[gateway].makes, (*first, "payment completed 50000", "their order paid 50000")
    return Flow(
        "replaced order",
        "initiate A#2",
        (*acts, act(20, "initiate", **anew, tries=0), act(60, "initiate", **anew, tries=2), act(110, "pay now")),
        (gateway,),
        client=("initiate", anew | {"tries": 3}),
        second=("initiate", {"key": "k4", "minor": _ANEW, "tries": 0}),
        needs={"webhook": makes, "payer returns": makes, "poll": EXECUTION},
        ends=ends,
        late_ends=((*ends, "their order open 50000"),) if assumed_of(gateway).makes_anew else (),
    )


_CANCELLED: Ends = (f"payment cancelled {AMOUNT}", f"their order cancelled {AMOUNT}")


def capture(gateway: str, minor: int | None = None) -> Flow:
    way, acts = authorized(gateway)
    wanted = {"minor": minor}
    return Flow(
        "capture in part" if minor else "capture",
        "capture A#1",
        (*acts, act(10, "capture", **wanted), act(60, "capture", **wanted)),
        (gateway,),
        client=("capture", wanted),
        second=("cancel", {}),
        ends=(f"payment completed {AMOUNT}", f"their order paid {minor or AMOUNT}"),
        or_ends=(_CANCELLED,) if assumed_of(gateway).lets_go else (),
        way=way,
    )


def capture_in_part(gateway: str) -> Flow:
    return capture(gateway, REFUNDED)


def cancel_authorization(gateway: str) -> Flow:
    way, acts = authorized(gateway)
    return Flow(
        "cancelling of an authorization",
        "cancel A#1",
        (*acts, act(10, "cancel"), act(60, "cancel")),
        (gateway,),
        client=("cancel", {}),
        second=("capture", {"minor": REFUNDED}),
        ends=_CANCELLED,
        or_ends=((f"payment completed {AMOUNT}", f"their order paid {REFUNDED}"),),
        way=way,
    )


def cancel_checkout(gateway: str) -> Flow:
    """The payer may be faster, unless we capture; then an approval is released after 15 minutes."""
    left = (f"payment cancelled {AMOUNT}", f"their order open {AMOUNT}")
    ends, profile = (left, LATE) if assumed_of(gateway).takes_by_asking else (_CANCELLED, OTHERS_LATER)
    return Flow(
        "cancelling of a checkout",
        "cancel A#1",
        (BEGIN, act(10, "cancel"), act(60, "cancel")),
        (gateway,),
        client=("cancel", {}),
        second=PAYS,
        gateway_acts=(PAYS,),
        ends=ends,
        or_ends=(PAID,),
        profile=profile,
    )


def expiry(gateway: str) -> Flow:
    """Nobody pays; the system closes what the gateway can close."""
    return Flow(
        "expiry",
        "sweep#1",
        (BEGIN,),
        (gateway,),
        ends=(f"payment expired {AMOUNT}", f"their order {assumed_of(gateway).unpaid_becomes} {AMOUNT}"),
        profile=replace(LATE, webhook_delay_min_ms=3_600_000.0, first_poll_ms=3_600_000.0, first_sweep_ms=480_000.0),
        lives_s=300,
    )


def under_way(gateway: str) -> Flow:
    """The payment succeeds long after our expiry."""
    return Flow(
        "pending past its expiry",
        f"apply {LABELS[gateway].paid}",
        (BEGIN, act(5, "wait", page=0, ends="complete", ends_s=795), act(801, "webhook now")),
        (gateway,),
        second=("retry", {"key": "r1", "tries": 1}),
        profile=replace(LATE, first_poll_ms=400_000.0),
        way=Way(token="bank") if assumed_of(gateway).waits_by_token else USUAL,
        lives_s=300,
    )
