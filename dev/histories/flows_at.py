"""How an order ends without money at each gateway, and what a flow does before."""

from __future__ import annotations

from dev.histories.assumed import Holds, assumed_of
from dev.histories.flows import ACTS_TO_PAID_AND_HEARD, AMOUNT, BEGIN, CANCELLED, DECLINED, Ends, act
from dev.histories.plan import Act, Way
from gateway_simulators import GATEWAYS as SIMULATED

LABELS = {name: labels for name in SIMULATED if (labels := assumed_of(name).labels)}
GATEWAYS = tuple(LABELS)


def authorized(gateway: str) -> tuple[Way, tuple[Act, ...]]:
    """Act until the order is authorized. Where only a token authorizes, no payer acts."""
    if assumed_of(gateway).holds is Holds.BY_TOKEN:
        return Way(is_manual=True, token="ok"), (BEGIN,)
    return Way(is_manual=True), ACTS_TO_PAID_AND_HEARD


def dead(gateway: str) -> tuple[tuple[Act, ...], Ends]:
    """An order that has ended within ten seconds, and its end."""
    how, acts = ("cancelled", CANCELLED) if assumed_of(gateway).stays_open else ("failed", DECLINED)
    return acts, (f"payment {how} {AMOUNT}", f"their order {how} {AMOUNT}")


def late(gateway: str) -> tuple[tuple[Act, ...], str]:
    """Late money of an order that has ended, and the first webhook that reports it."""
    its = assumed_of(gateway)
    if its.takes_by_asking:  # Only an order that our clock ended can be paid late there.
        return (BEGIN, act(600, "pay_after_the_end", page=0), act(601, "webhook now")), LABELS[gateway].authorized
    # An order that never ends there can still be paid.
    pays = "pay" if its.unpaid_becomes == "open" else "pay_after_the_end"
    return (*dead(gateway)[0], act(20, pays, page=0), act(21, "webhook now")), LABELS[gateway].paid
