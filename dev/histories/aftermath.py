"""Acts after the end of a payment, drawn beside the usual ones.

Payments stay pending for days, refunds come back, the gateway or somebody at its dashboard refunds. Disputes are
opened, and orders get another payment.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from dev.histories.assumed import assumed_of
from dev.histories.plan import DAY, HOUR, MINUTE, PAYER_ACTS, SECOND, Act, Plan, Way

PHASES = ("inquiry", "chargeback", "pre_arbitration", "arbitration")
DISPUTE_ENDS = ("win", "lose", "withdraw", "reopen")
NEW_FLOWS = (  # By the names under which `Cloud.acted` counts them.
    "wait",
    "refund_by_hand",
    "reverse",
    "return_refund",
    "dispute",
    "payment.replaced",
    "case.decided",
)
_SHARE = 0.55  # Of all histories.
_NEVER = ""
_SOON_MS = (5 * SECOND, 90 * SECOND, 20 * MINUTE, 2 * HOUR, 20 * HOUR)
_LATE_MS = (*_SOON_MS, 3 * DAY, 7 * DAY)


@dataclass(frozen=True, slots=True)
class Reported:
    """One order of a plan, and whether its history is short."""

    order: str
    plan: Plan
    begins_ms: float
    paid_ms: float
    times_ms: tuple[float, ...]


def with_aftermath(plan: Plan, rng: random.Random, is_short: bool) -> Plan:
    """The plan with such acts, or unchanged; a short history ends within a week."""
    if rng.random() >= _SHARE:
        return plan
    order = rng.choice(sorted(plan.amounts))
    mine = [act for act in plan.acts if act.order == order]
    begins_ms = min(act.at_ms for act in mine)
    paid_ms = min((act.at_ms for act in mine if act.do in PAYER_ACTS), default=begins_ms + MINUTE)
    reported = Reported(order, plan, begins_ms, paid_ms, _SOON_MS if is_short else _LATE_MS)
    themes = tuple(_THEMES)
    for theme in rng.choices(themes, [_THEMES[theme] for theme in themes], k=rng.choice((1, 1, 2))):
        plan = theme(replace(reported, plan=plan), rng)
    return plan


def _with(plan: Plan, acts: Iterable[Act]) -> Plan:
    return replace(plan, acts=tuple(sorted((*plan.acts, *acts), key=lambda act: act.at_ms)))


def _without_payers(reported: Reported) -> Plan:
    """Remove all other payers from the order's page."""
    is_stored = [act for act in reported.plan.acts if not (act.order == reported.order and act.do in PAYER_ACTS)]
    return replace(reported.plan, acts=tuple(is_stored))


def _later(reported: Reported, rng: random.Random) -> float:
    return reported.paid_ms + rng.choice(reported.times_ms) * rng.uniform(0.5, 1.5)


def _decisions(reported: Reported, rng: random.Random) -> Iterator[Act]:
    for _ in range(rng.choice((0, 1, 2))):
        yield Act(_later(reported, rng), "decide_cases", reported.order, {"choice": rng.randrange(12)})


def _wait(reported: Reported, rng: random.Random) -> Plan:
    """The payer acts, and the bank answers early, late or never."""
    ends = rng.choices(("complete", "deny", _NEVER), (5, 2, 2))[0]
    more = {"page": 0, "ends": ends, "ends_s": rng.choice(reported.times_ms) * rng.uniform(0.5, 1.5) / SECOND}
    plan = _without_payers(reported) if rng.random() < 0.7 else reported.plan
    bank = _bank_of(plan)
    if bank and rng.random() < 0.5:
        plan = replace(plan, ways=plan.ways | {reported.order: Way(token=bank)})
    acts = [Act(reported.paid_ms, "wait", reported.order, more)]
    if rng.random() < 0.3:
        acts.append(Act(_later(reported, rng), "retry", reported.order, {"key": "r3", "tries": 1}))
    if rng.random() < 0.2:
        acts.append(Act(_later(reported, rng), "cancel", reported.order))
    return _with(plan, [*acts, *_decisions(reported, rng)])


def _bank_of(plan: Plan) -> str:
    return "bank" if "bank" in assumed_of(plan.gateways[0]).tokens else ""


def _by_hand(reported: Reported, rng: random.Random) -> Plan:
    """Somebody refunds at the gateway's dashboard, perhaps while a refund of ours is in progress."""
    at_ms = _later(reported, rng)
    acts = [Act(at_ms, "refund_by_hand", reported.order, {"share": rng.choice((1, 2, 3, 10))})]
    if rng.random() < 0.4:
        minor = rng.choice((None, max(100, reported.plan.amounts[reported.order] // 2)))
        beside_ms = max(0.0, at_ms + rng.uniform(-3, 3) * SECOND)
        acts.append(Act(beside_ms, "refund", reported.order, {"key": "f8", "minor": minor, "tries": 1}))
    if rng.random() < 0.5:  # A second one, perhaps before our system knows the first.
        again_ms = rng.choice((at_ms + rng.uniform(0, 5) * SECOND, _later(reported, rng)))
        acts.append(Act(again_ms, "refund_by_hand", reported.order, {"share": rng.choice((2, 3))}))
    if rng.random() < 0.4:
        acts.append(Act(_later(reported, rng), "return_refund", reported.order, {"which": rng.randrange(3)}))
    return _with(reported.plan, [*acts, *_decisions(reported, rng)])


def _unsent(reported: Reported, rng: random.Random) -> Plan:
    """Our refund does not reach the gateway; meanwhile somebody refunds there, and the payer disputes the rest."""
    at_ms = reported.paid_ms + rng.choice((MINUTE, 20 * MINUTE, 2 * HOUR)) * rng.uniform(0.5, 1.5)
    down_ms = rng.choice((2 * MINUTE, HOUR, 5 * HOUR))
    minor = rng.choice((None, max(100, reported.plan.amounts[reported.order] // 3)))
    fault = {"fault": rng.choice(("error_before", "refuse")), "op": "refund", "times": -1}
    acts = [
        Act(max(0.0, at_ms - 10 * SECOND), "arm", more=fault),
        Act(at_ms, "refund", reported.order, {"key": "f7", "minor": minor, "tries": 1}),
        Act(at_ms + rng.uniform(5, 60) * SECOND, "refund_by_hand", reported.order, {"share": rng.choice((3, 10, 50))}),
        Act(at_ms + down_ms, "disarm"),
    ]
    if rng.random() < 0.7:
        disputed_ms = at_ms + rng.uniform(60, 110) * SECOND
        acts.append(Act(disputed_ms, "dispute", reported.order, {"phase": "chargeback", "share": 2}))
        ends_ms = at_ms + down_ms + rng.choice((30 * SECOND, HOUR))
        acts.append(Act(ends_ms, "end_dispute", reported.order, {"how": rng.choice(("win", "lose"))}))
    return _with(reported.plan, [*acts, *_decisions(reported, rng)])


def _reversal(reported: Reported, rng: random.Random) -> Plan:
    if not any(assumed_of(name).reverses for name in reported.plan.gateways):
        return _by_hand(reported, rng)
    acts = [Act(_later(reported, rng), "reverse", reported.order, {"share": rng.choice((1, 2, 3))})]
    return _with(reported.plan, [*acts, *_decisions(reported, rng)])


def _returned(reported: Reported, rng: random.Random) -> Plan:
    """A refund comes back, and perhaps the same money is refunded again."""
    acts = [Act(reported.paid_ms + 2 * MINUTE, "refund", reported.order, {"key": "f8", "minor": None, "tries": 2})]
    back_ms = reported.paid_ms + 2 * MINUTE + rng.choice(reported.times_ms) * rng.uniform(0.5, 1.5)
    acts.append(Act(back_ms, "return_refund", reported.order, {"which": rng.randrange(3)}))
    if rng.random() < 0.4:
        acts.append(Act(_later(reported, rng), "refund", reported.order, {"key": "f9", "minor": None, "tries": 1}))
    return _with(reported.plan, [*acts, *_decisions(reported, rng)])


def _dispute(reported: Reported, rng: random.Random) -> Plan:
    at_ms = _later(reported, rng)
    phase = rng.choices(PHASES, (2, 6, 1, 1))[0]
    acts = [Act(at_ms, "dispute", reported.order, {"phase": phase, "share": rng.choice((1, 1, 2))})]
    for number in range(rng.choice((0, 1, 1, 2, 3))):
        ends_ms = at_ms + (number + 1) * rng.choice((30 * SECOND, HOUR, 5 * HOUR))
        acts.append(Act(ends_ms, "end_dispute", reported.order, {"how": rng.choice(DISPUTE_ENDS)}))
    if rng.random() < 0.3:
        acts.append(Act(_later(reported, rng), "list_disputes", reported.order))
    if rng.random() < 0.5:
        beside_ms = max(0.0, at_ms + rng.uniform(-1, 1) * rng.choice((3 * SECOND, HOUR)))
        acts.append(Act(beside_ms, "refund", reported.order, {"key": "f8", "minor": None, "tries": 1}))
    return _with(reported.plan, [*acts, *_decisions(reported, rng)])


def _replaced(reported: Reported, rng: random.Random) -> Plan:
    """The order has failed at the gateway and is initiated again with another amount; its old page may still be
    paid.
    """
    minor = reported.plan.amounts[reported.order] + rng.choice((100, 1_000))
    anew_ms = reported.begins_ms + rng.uniform(45, 120) * SECOND
    acts = [
        Act(reported.begins_ms + 20 * SECOND, "decline", reported.order, {"page": 0}),
        Act(anew_ms, "initiate", reported.order, {"key": "k3", "minor": minor, "tries": 2}),
    ]
    if rng.random() < 0.3:
        acts.append(Act(anew_ms, "initiate", reported.order, {"key": "k4", "minor": minor + 100, "tries": 1}))
    if rng.random() < 0.8:
        acts.append(Act(anew_ms + rng.uniform(10, 200) * SECOND, "pay", reported.order, {"page": 0}))
    if rng.random() < 0.5:
        again_ms = anew_ms + rng.uniform(-20, 300) * SECOND
        acts.append(Act(again_ms, rng.choice(("pay", "pay_after_the_end")), reported.order, {"page": 1}))
    return _with(_without_payers(reported), [*acts, *_decisions(reported, rng)])


_THEMES: dict[Callable[[Reported, random.Random], Plan], int] = {
    _wait: 5,
    _by_hand: 4,
    _reversal: 2,
    _returned: 5,
    _unsent: 3,
    _dispute: 4,
    _replaced: 4,
}
