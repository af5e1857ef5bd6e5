"""Every flow survives its death at each I/O point, whoever comes next."""

from __future__ import annotations

from dataclasses import replace

import pytest

from simulation.exhaustive import broken, broken_promises, kills, plain, points_of, prove
from simulation.flows import ACTORS, FLOWS, Flow
from simulation.flows_after import AFTER, ELSEWHERE
from simulation.history import run

# The I/O points of each flow and its cases. A flow that passes fewer has lost some: look where they went.
LEAST = {
    "initiate": (18, 185),
    "repeat, answered": (6, 63),
    "repeat, meanwhile": (9, 84),
    "repeat, never sent": (23, 210),
    "repeat, never heard": (19, 240),
    "webhook": (10, 140),
    "poll": (8, 105),
    "return": (8, 105),
    "sweep": (29, 290),
    "refund": (9, 120),
    "webhook of a refund": (10, 140),
    "sweep of a refund": (29, 290),
    "retry": (12, 130),
    "decision of a case": (12, 130),
    "capture": (9, 160),
    "cancelling of a hold": (17, 240),
    "webhook of an approval": (17, 240),
    "failover": (24, 235),
    "charge, at Stripe": (11, 120),
    "charge, at Square": (11, 120),
    "capture, at razorpay": (9, 160),
    "capture in part, at square": (11, 225),
    "cancel, at stripe": (11, 200),
    "refund in part, at paypal": (10, 125),
    "refund, at stripe": (8, 115),
    "refund that comes back, at stripe": (5, 80),
    "refund at the dashboard, at square": (10, 195),
    "reversal, at paypal": (14, 165),
    "pending past its expiry, at phonepe": (10, 140),
    "replaced order, at phonepe": (14, 150),
    "dispute, at stripe": (10, 135),
    "decision: refund": (12, 130),
    "decision about a return: refund": (11, 95),
    "decision that a second person approves": (22, 220),
    "decision about late money": (12, 130),
}


@pytest.mark.parametrize("flow", [*FLOWS, *AFTER], ids=lambda flow: flow.name)
def test_a_flow_killed_anywhere_keeps_its_promise_whoever_comes_next(flow: Flow) -> None:
    tally = prove(flow)
    assert tally.violations == []
    points, cases = LEAST[flow.name]
    assert tally.points >= points, "points have vanished"
    assert tally.cases >= cases, "cases have vanished"
    assert tally.actors == len(ACTORS)


def test_no_flow_is_left_out() -> None:
    assert [flow.name for flow in (*FLOWS, *AFTER)] == list(LEAST)
    assert sum(cases for _, cases in LEAST.values()) > 5_500


@pytest.mark.parametrize("flow", ELSEWHERE, ids=lambda flow: flow.name)
def test_a_flow_at_another_gateway_keeps_its_promise_undisturbed(flow: Flow) -> None:
    """Killed at each of its points: `make prove-kills`."""
    outcome, _ = plain(flow)
    assert broken_promises(flow, outcome) == []
    assert points_of(flow, outcome), "nobody is killed: the victim has another name"


def test_a_flow_that_breaks_undisturbed_is_told() -> None:
    flow = replace(FLOWS[1], ends=())
    assert prove(flow).violations[0][0] == "repeat, answered, undisturbed"


def test_a_broken_promise_is_told() -> None:
    flow = replace(FLOWS[0], ends=("payment completed 49900",))
    kill = next(kills(flow))
    assert broken(kill, run(kill.case())) == [
        "promised ['payment completed 49900'], there is ['payment completed 49900', 'their order paid 49900']"
    ]


def test_a_fault_that_never_happened_is_told() -> None:
    kill = next(kills(FLOWS[0]))
    nowhere = replace(kill, point=replace(kill.point, number=99))
    assert broken(nowhere, run(nowhere.case())) == ["the fault never happened: ('initiate A#1', 99)"]


def test_the_next_actor_comes_after_the_death_and_before_anybody_else() -> None:
    flow = next(flow for flow in FLOWS if flow.name == "refund")
    points = points_of(flow, plain(flow)[0])
    for kill in kills(flow):
        if kill.fault == "kill_after" and kill.actor == "sweep" and kill.point == points[-1]:
            story = run(kill.case(), keeps_story=True).story
            death = next(number for number, line in enumerate(story) if "refund A#1 is killed" in line)
            assert story[death + 1].endswith("sweep now A")
            return
    pytest.fail("the sweep never comes after the last point of a refund")
