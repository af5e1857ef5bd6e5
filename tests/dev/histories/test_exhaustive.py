"""Every flow survives a kill at each I/O point, whoever acts next."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from dev.histories import flows_paying
from dev.histories.exhaustive import Kill, Tally, broken, broken_promises, kills, kind_of, plain, points_of, prove
from dev.histories.flows import ACTORS, Flow
from dev.histories.flows_after import refund_in_part
from dev.histories.flows_at import GATEWAYS
from dev.histories.history import run
from dev.histories.kill_table import report
from dev.histories.kinds import KINDS, TABLE, Kind, flows, flows_in_full
from tests.turns import tenth_of_the_day

IN_FULL = list(flows_in_full())
OTHERS = [flow for flow in flows() if flow.where not in {each.where for each in IN_FULL}]
INITIATE = flows_paying.initiate("phonepe")

# I/O points and cases of each flow. If a flow passes fewer, find out which it has lost.
LEAST: dict[str, tuple[int, int]] = {
    "initiate, at phonepe": (18, 189),
    "repeat, answered, at phonepe": (6, 63),
    "repeat, meanwhile, at stripe": (6, 63),
    "repeat, never sent, at square": (16, 171),
    "repeat, answer lost, at phonepe": (19, 245),
    "webhook that is applied, at phonepe": (10, 119),
    "webhook that is received, at paypal": (4, 49),
    "webhook of an approval, at paypal": (14, 175),
    "webhook of an authorization, at razorpay": (9, 112),
    "poll, at stripe": (6, 91),
    "return, at razorpay": (6, 91),
    "sweep, at phonepe": (29, 294),
    "expiry, at stripe": (30, 357),
    "pending past its expiry, at phonepe": (10, 119),
    "charge, at stripe": (11, 124),
    "retry, at stripe": (12, 124),
    "failover to razorpay, at phonepe": (24, 241),
    "replaced order, at phonepe": (14, 151),
    "capture, at razorpay": (9, 161),
    "capture in part, at stripe": (9, 161),
    "cancelling of an authorization, at square": (11, 203),
    "cancelling of a checkout, at stripe": (11, 203),
    "late money, granted, at phonepe": (11, 126),
    "late money, refunded, at razorpay": (8, 105),
    "second debit, at razorpay": (8, 105),
    "refund, at stripe": (9, 122),
    "refund in part, at phonepe": (11, 134),
    "webhook of a refund, at razorpay": (8, 105),
    "sweep of a refund, at phonepe": (29, 294),
    "refresh of a refund, at stripe": (5, 84),
    "refund that comes back, at stripe": (5, 84),
    "refund at the dashboard, at phonepe": (9, 112),
    "reversal, at paypal": (12, 133),
    "dispute, at square": (9, 112),
    "dispute that is lost, at razorpay": (7, 98),
    "dispute that is accepted, at razorpay": (23, 287),
    "dispute that wants another answer, at phonepe": (9, 112),
    "refund in spite of a dispute, at razorpay": (17, 217),
    "list of disputes, at stripe": (17, 259),
    "decision about an amount: accept, at phonepe": (14, 147),
    "decision that a second person approves, at phonepe": (25, 245),
    "decision about a second debit: accept, at square": (11, 161),
    "decision about late money: accept, at stripe": (12, 133),
    "decision about a return: refund, at razorpay": (13, 112),
    "decision about a refund: accept, at square": (14, 147),
    "decision about a completed refund: accept, at razorpay": (14, 147),
    "decision that takes note, at stripe": (10, 91),
    "reconciliation, at phonepe": (16, 182),
}


def is_of_the_tenth(number: int, kill: Kill) -> bool:
    return number % 10 == tenth_of_the_day()


def is_run_today(number: int, kill: Kill) -> bool:
    """A fifth of the kills, and of the doubled ones the day's tenth: in ten days all of them."""
    return is_of_the_tenth(number, kill) if kill.is_doubled else number % 5 == tenth_of_the_day() % 5


@pytest.mark.parametrize("flow", IN_FULL, ids=lambda flow: flow.where)
def test_a_flow_killed_anywhere_fulfils_its_promise_no_matter_who_comes_next(flow: Flow) -> None:
    tally = prove(flow, is_run_today)
    assert tally.violations == [], f"again: PAVATI_TENTH={tenth_of_the_day()}"
    points, cases = LEAST[flow.where]
    assert tally.points >= points, "points have vanished"
    assert tally.cases >= cases, "cases have vanished"
    assert tally.actors == len(ACTORS)


@pytest.mark.parametrize("flow", OTHERS, ids=lambda flow: flow.where)
def test_a_tenth_of_the_kills_of_a_flow_elsewhere_keeps_its_promise(flow: Flow) -> None:
    """Another tenth every day; all of them: `make prove-kills`."""
    tally = prove(flow, is_of_the_tenth)
    assert tally.violations == [], f"again: PAVATI_TENTH={tenth_of_the_day()}"
    assert tally.points, "nobody is killed: the victim has another name"
    assert tally.actors == len(ACTORS)


def test_each_kind_has_a_flow_or_a_reason_at_each_gateway() -> None:
    assert len(TABLE) == len(KINDS), "two kinds have one name"
    for name, row in TABLE.items():
        assert set(row) == set(GATEWAYS), name
        assert any(isinstance(cell, Flow) for cell in row.values()), name
        for gateway, cell in row.items():
            assert cell.where == f"{name}, at {gateway}" if isinstance(cell, Flow) else len(cell.split()) > 3, name


def test_no_flow_is_left_out() -> None:
    assert [flow.where for flow in IN_FULL] == list(LEAST)
    assert sum(cases for _, cases in LEAST.values()) > 5_500
    in_full = {flow.name for flow in IN_FULL}
    assert all((kind.name in in_full) is not (kind.like in in_full) for kind in KINDS)
    assert {flow.gateways[0] for flow in IN_FULL} == set(GATEWAYS)


def test_a_kind_without_a_reason_makes_its_flow() -> None:
    kind = Kind(flows_paying.initiate, never={"square": "nobody pays there by mail"})
    assert kind.cell("square") == "nobody pays there by mail"
    assert kind.cell("stripe") == flows_paying.initiate("stripe")


def test_the_tenth_is_the_days_or_the_one_that_is_requested(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAVATI_TENTH", "7")
    assert tenth_of_the_day() == 7
    monkeypatch.delenv("PAVATI_TENTH")
    assert tenth_of_the_day() == datetime.now(UTC).toordinal() % 10


def test_the_tenth_breaks_what_is_in_it_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    flow = flows_paying.repeat_answered("phonepe")
    every = [kill.name for kill in kills(flow)]
    monkeypatch.setattr("dev.histories.exhaustive.broken", lambda kill, outcome: ["broken"])
    monkeypatch.setenv("PAVATI_TENTH", "3")
    assert [name for name, _ in prove(flow, is_of_the_tenth).violations] == every[3::10]
    assert [name for name, _ in prove(flow).violations] == every


def test_every_day_each_point_is_broken_but_readings_that_another_point_follows() -> None:
    every, points = list(kills(INITIATE)), points_of(INITIATE, plain(INITIATE)[0])
    doubled = {kill.point for kill in every if kill.is_doubled}
    assert {kind_of(point.label) for point in doubled} == {"clock", "read"}
    assert points[-1] not in doubled
    assert {point for point in points if kind_of(point.label) in ("http", "write", "flow")}.isdisjoint(doubled)
    assert {kill.fault for kill in every if kill.is_doubled} == {"kill_before"}


def test_a_flow_that_breaks_undisturbed_is_reported() -> None:
    flow = replace(flows_paying.repeat_answered("phonepe"), ends=())
    assert prove(flow).violations[0][0] == "repeat, answered, at phonepe, undisturbed"


def test_a_broken_promise_is_reported() -> None:
    flow = replace(INITIATE, ends=("payment completed 49900",))
    kill = next(kills(flow))
    assert broken(kill, run(kill.case())) == [
        "expected ['payment completed 49900'], found ['payment completed 49900', 'their order paid 49900']"
    ]


def test_only_a_late_effect_may_leave_an_order_without_an_answer() -> None:
    flow = flows_paying.initiate("razorpay")
    late = [kill for kill in kills(flow) if kill.fault == "late_effect"]
    left = [outcome for kill in late if len((outcome := run(kill.case())).ends) > len(flow.ends)]
    assert left, "no late effect leaves one: late_ends has no use"
    assert broken_promises(flow, left[0], is_late=True) == []
    assert broken_promises(flow, left[0])[0].startswith("expected")


def test_a_fault_that_never_happened_is_reported() -> None:
    kill = next(kills(INITIATE))
    nowhere = replace(kill, point=replace(kill.point, number=99))
    assert broken(nowhere, run(nowhere.case())) == ["the fault never happened: ('initiate A#1', 99)"]


def test_the_next_actor_comes_after_the_death_and_before_anybody_else() -> None:
    flow = refund_in_part("phonepe")
    points = points_of(flow, plain(flow)[0])
    for kill in kills(flow):
        if kill.fault == "kill_after" and kill.actor == "sweep" and kill.point == points[-1]:
            story = run(kill.case(), keeps_story=True).story
            death = next(number for number, line in enumerate(story) if "refund A#1 is killed" in line)
            assert story[death + 1].endswith("sweep now A")
            return
    pytest.fail("the sweep never comes after the last point of a refund")


def test_the_table_has_points_cases_and_the_reasons_of_each_kind() -> None:
    tally = Tally(
        "capture, at razorpay", "razorpay", points=9, cases=161, violations=[("somebody killed", ["INV-03: why"])]
    )
    response = list(report({tally.flow: tally}))
    assert "  somebody killed: INV-03: why" in response
    assert "| capture | – | 9 / 161 |  |  |  |" in response  # noqa: RUF001  As it is printed.
    assert "| cases | 0 | 161 | 0 | 0 | 0 |" in response
    reasons = "phonepe: it captures at once and authorizes nothing; razorpay: it captures all or nothing"
    assert f"| capture in part | {reasons} |" in response
