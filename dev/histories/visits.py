"""Visitors of the API beside the shop, drawn from a stream of their own: the other acts of a history stay the same."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from dev.histories.plan import DAY, HOUR, MINUTE, SECOND, Act, Plan
from gateway_simulators.kit.faults import EACH, UNTIL_CLEARED

_SHARE = 0.35  # Of all histories: with somebody who reads, or sends wrong requests.
_AFTER_MS = (5 * SECOND, 2 * MINUTE, 30 * MINUTE, 4 * HOUR)
_STRANGERS_MS = DAY + 3 * HOUR  # By then there is a case for an order that no workspace has.
_STARTS = 32  # One or two orders have fewer wrong requests, so each may come first.


def with_visits(plan: Plan, rng: random.Random) -> Plan:
    """The plan with the visits, or unchanged."""
    kinds = (_readers, _disputed, _answered, _deciding, _misread, _captured_twice, _silent)
    visits = [act for kind in kinds for act in kind(plan, rng)]
    visits += _contended((*plan.acts, *visits), rng)
    return replace(plan, acts=tuple(sorted((*plan.acts, *visits), key=lambda act: act.at_ms))) if visits else plan


def _some_ms(rng: random.Random) -> float:
    return rng.choice(_AFTER_MS) * rng.uniform(0.5, 1.5)


def _readers(plan: Plan, rng: random.Random) -> Iterator[Act]:
    if rng.random() >= _SHARE:
        return
    yield Act(_some_ms(rng), "read")
    yield Act(_some_ms(rng), "ask_wrongly", more={"first": rng.randrange(_STARTS)})
    yield Act(_some_ms(rng), "try_reconcile")
    yield Act(_some_ms(rng), "verify", rng.choice(sorted(plan.amounts)))


def _disputed(plan: Plan, rng: random.Random) -> Iterator[Act]:
    """A dispute is accepted, or the payment is refunded in spite of it."""
    for act in [act for act in plan.acts if act.do == "dispute"]:
        after_ms = rng.choice((SECOND, MINUTE, 3 * HOUR)) * rng.uniform(0.5, 1.5)
        if rng.random() < 0.5:
            if rng.random() < 0.3:
                yield Act(act.at_ms + after_ms - 1, "arm", more=_refused("dispute", rng.choice((1, 2, 3))))
            for _ in range(rng.choice((1, 1, 2))):  # Two people at once.
                yield Act(act.at_ms + after_ms, "accept_dispute")
        if rng.random() < 0.5:
            minor = rng.choice((None, max(100, plan.amounts[act.order] // 3), 3 * plan.amounts[act.order]))
            more = {"minor": minor, "agrees": rng.choice((True, True, False, None))}
            yield Act(act.at_ms + after_ms, "force_refund", act.order, more)
            answers_ms = rng.choice((SECOND, 30 * SECOND, 5 * HOUR)) * rng.uniform(0.5, 1.5)
            if rng.random() < 0.5:
                yield Act(act.at_ms + after_ms + answers_ms - 1, *_between(act, rng))
            yield Act(act.at_ms + after_ms + answers_ms, "answer", more={"times": rng.choice((1, 2))})


def _between(dispute: Act, rng: random.Random) -> tuple[str, str, dict[str, Any]]:
    """What may happen between the request for a refund and its approval."""
    return rng.choice(
        (
            ("end_dispute", dispute.order, {"how": rng.choice(("win", "withdraw"))}),
            ("refund_by_hand", dispute.order, {"share": 2}),
            ("arm", "", {"fault": "error_before", "op": "refund", "times": 2}),
            ("reverse", dispute.order, {"share": 1}),
        )
    )


def _answered(plan: Plan, rng: random.Random) -> Iterator[Act]:
    """The merchant answers a dispute and is asked again; the gateway uses a new status; a list takes long."""
    for act in [act for act in plan.acts if act.do == "dispute"]:
        at_ms = act.at_ms + rng.choice((MINUTE, HOUR)) * rng.uniform(0.5, 1.5)
        if rng.random() < 0.5:
            yield Act(at_ms, "contest_dispute", act.order)
            yield Act(at_ms + rng.choice((10 * SECOND, HOUR)), "end_dispute", act.order, {"how": "reopen"})
        if rng.random() < 0.6:
            fault, times = rng.choice((("new_word", 1), ("new_word", 12), ("slow", 12), ("slow", 12)))
            yield Act(act.at_ms - 1, "arm", more={"fault": fault, "op": "dispute", "times": times})
            yield Act(at_ms, "list_disputes", act.order)
            yield Act(at_ms + 2 * HOUR, "disarm")
            yield Act(at_ms + 3 * HOUR, "decide_cases", more={"choice": rng.randrange(12)})


def _deciding(plan: Plan, rng: random.Random) -> Iterator[Act]:
    if rng.random() < 0.1:
        at_ms, is_answered = rng.uniform(0, DAY), rng.random() < 0.5
        yield Act(at_ms, "ask_approval", more={"choice": rng.randrange(12), "is_answered": is_answered})
        yield Act(at_ms + rng.choice((MINUTE, 4 * HOUR)), "answer", more={"times": rng.choice((1, 2))})
    if any(act.do == "tell_of_stranger" for act in plan.acts) and rng.random() < 0.7:
        more = {"choice": rng.randrange(2), "times": rng.choice((1, 2))}
        yield Act(_STRANGERS_MS + rng.uniform(-2, 1) * HOUR, "decide_deployment", more=more)


def _refused(op: str, times: int) -> dict[str, Any]:
    return {"fault": "reject", "op": op, "reason": EACH, "times": times}


def _misread(plan: Plan, rng: random.Random) -> Iterator[Act]:
    """A gateway reports another amount of a refund, and somebody decides; or it refuses captures or voids for an
    hour.
    """
    refunds = [act.at_ms for act in plan.acts if act.do == "refund"]
    if refunds and rng.random() < 0.12:
        op, at_ms = rng.choice(("refund", "refund_status", "refund_status")), rng.choice(refunds)
        more = {"fault": "wrong_amount", "op": op, "times": rng.choice((1, 2, 4))}
        yield Act(max(0.0, at_ms - 10), "arm", more=more)
        yield Act(at_ms + 2 * MINUTE, "refresh refund")
        for _ in range(3):
            decides_ms = at_ms + rng.choice((10 * MINUTE, 2 * HOUR, 8 * HOUR)) * rng.uniform(0.5, 1.5)
            yield Act(decides_ms, "decide_cases", more={"choice": rng.randrange(12)})
    for op in ("capture", "cancel"):
        wanted = [act.at_ms for act in plan.acts if act.do == op]
        if wanted and rng.random() < 0.2:
            at_ms = rng.choice(wanted)
            yield Act(max(0.0, at_ms - 10), "arm", more=_refused(op, UNTIL_CLEARED))
            yield Act(at_ms + HOUR, "disarm")


_WRITE = ("initiate", "retry", "refund", "capture", "cancel", "decide_cases", "list_disputes")
# These get conflicts more often.
_RARE = ("accept_dispute", "force_refund", "answer", "ask_approval", "decide_deployment")


def _contended(acts: Iterable[Act], rng: random.Random) -> Iterator[Act]:
    """For 1 or 20 seconds around an act every transaction conflicts; the caller may get "try again"."""
    for act in acts:
        if rng.random() < (0.04 if act.do in _WRITE else 0.15 if act.do in _RARE else 0):
            begins_ms = act.at_ms + rng.choice((-1.0, rng.uniform(0, 300)))
            yield Act(max(0.0, begins_ms), "contend", more={"ms": rng.choice((1, 20)) * SECOND})


def _captured_twice(plan: Plan, rng: random.Random) -> Iterator[Act]:
    """Where a payer was debited twice the gateway reports wrong amounts for a while, and somebody decides."""
    for act in plan.acts:
        if act.do == "pay_twice" and rng.random() < 0.5:
            reported_ms = act.at_ms + rng.choice((plan.second_pay_s, 60, 600)) * SECOND
            more = {"fault": "wrong_amount", "op": "status", "times": rng.choice((1, 2, 6))}
            yield Act(reported_ms, "arm", more=more)
            for _ in range(2):
                decides_ms = reported_ms + rng.choice((10 * MINUTE, 2 * HOUR)) * rng.uniform(0.5, 1.5)
                yield Act(decides_ms, "decide_cases", more={"choice": rng.randrange(12)})


def _silent(plan: Plan, rng: random.Random) -> Iterator[Act]:
    """A gateway fails every call for 27 hours, or answers with unknown states for an hour."""
    if rng.random() < 0.04:
        at_ms = rng.uniform(0, 3 * MINUTE)
        yield Act(at_ms, "arm", more={"fault": "error_before", "op": "*", "times": UNTIL_CLEARED})
        yield Act(at_ms + 27 * HOUR, "disarm")
    elif rng.random() < 0.04:
        at_ms, op = rng.uniform(0, 10 * MINUTE), rng.choice(("status", "refund_status", "refund", "pay"))
        yield Act(at_ms, "arm", more={"fault": "new_word", "op": op, "times": UNTIL_CLEARED})
        yield Act(at_ms + HOUR, "disarm")
