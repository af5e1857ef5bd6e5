"""Cases without a workspace: an operator decides each one once, and the payment's timeline shows it."""

from __future__ import annotations

from typing import Any

import pytest

from dev.histories.whole import list_cases
from payments.domain.records.case import DEPLOYMENT, Case, CaseKind, Outcome
from payments.domain.records.event import Event, Why
from payments.store.contract.errors import StoreUnavailable
from payments.usecases.case.decide import decide_case
from payments.usecases.case.wanted import Wanted
from payments.usecases.errors import Busy, CaseNotFound, DecisionNotPossible
from tests.world import WORKSPACE, World

OPERATOR = Why("user:operator", "case decided")
NOT_OURS = Wanted(Outcome.NOT_OURS, "of the old shop")


def opened(world: World) -> Case:
    case = Case(CaseKind.UNKNOWN_ORDER, "SHOP-77", "", world.clock.now(), "not ours")
    world.ports.store.put_case(case)
    return case


def decide(world: World, wanted: Wanted, why: Why = OPERATOR) -> Case:
    return decide_case("unknown_order:SHOP-77", wanted, world.ports.context(DEPLOYMENT, why))[0]


def reported(world: World, payment_id: str) -> list[Event]:
    events = world.ports.store.within(WORKSPACE).list_events(payment_id)
    return [event for event in events if event.kind == "case.decided"]


def ours(world: World) -> Wanted:
    return Wanted(Outcome.OURS, "udf1 says so", payment_id=world.initiate()["payment_id"])


def test_who_is_second_gets_the_first_ones_decision(world: World) -> None:
    opened(world)
    first = decide(world, NOT_OURS)
    assert decide(world, ours(world), Why("user:another", "case decided")) == first
    assert list_cases(DEPLOYMENT, world.ports) == []


def test_of_two_at_once_one_decides(world: World) -> None:
    opened(world)
    wanted = ours(world)
    world.client.before.append(("put_item", lambda request: decide(world, NOT_OURS)))
    assert decide(world, wanted).outcome == "not_ours"


def test_what_was_opened_anew_meanwhile_is_decided_by_no_one(world: World) -> None:
    opened(world)

    def decided_and_reopened(request: Any) -> None:
        decide(world, NOT_OURS)
        world.clock.sleep(1)
        opened(world)

    world.client.before.append(("put_item", decided_and_reopened))
    with pytest.raises(Busy):
        decide(world, NOT_OURS)
    assert len(list_cases(DEPLOYMENT, world.ports)) == 1


def test_a_crash_between_payment_and_case_leaves_the_case_open_and_logs_the_payment_once(world: World) -> None:
    opened(world)
    wanted = ours(world)

    def lost(request: Any) -> None:
        raise StoreUnavailable("no answer")

    world.client.before.append(("put_item", lost))
    with pytest.raises(StoreUnavailable):
        decide(world, wanted)
    assert len(list_cases(DEPLOYMENT, world.ports)) == 1
    assert decide(world, wanted).payment_id == wanted.payment_id
    assert len(reported(world, wanted.payment_id)) == 1
    world.timeline(wanted.payment_id)


def test_a_reopened_case_is_recorded_again_in_the_payment(world: World) -> None:
    opened(world)
    wanted = ours(world)
    decide(world, wanted)
    world.clock.sleep(1)
    opened(world)
    decide(world, wanted)
    assert len(reported(world, wanted.payment_id)) == 2


def test_an_id_of_an_impossible_form_is_not_looked_up(world: World) -> None:
    opened(world)
    before = world.client.calls.copy()
    with pytest.raises(DecisionNotPossible):
        decide(world, Wanted(Outcome.OURS, "n", payment_id="pay_1#PAYMENT"))
    assert world.client.calls - before == {"get_item": 1}  # The case.


def test_a_workspace_has_none_of_these_cases(world: World) -> None:
    opened(world)
    assert list_cases(WORKSPACE, world.ports) == []
    with pytest.raises(CaseNotFound):
        decide_case("unknown_order:SHOP-77", NOT_OURS, world.context(OPERATOR))


def test_two_orders_that_are_of_one_payment_are_both_recorded_in_it(world: World) -> None:
    opened(world)
    world.ports.store.put_case(Case(CaseKind.UNKNOWN_ORDER, "SHOP-78", "", world.clock.now(), "not ours"))
    wanted = ours(world)
    decide(world, wanted)
    decided, approval = decide_case("unknown_order:SHOP-78", wanted, world.ports.context(DEPLOYMENT, OPERATOR))
    assert (decided.payment_id, decided.outcome, approval) == (wanted.payment_id, "ours", None)
    assert [event.subject_id for event in reported(world, wanted.payment_id)] == ["SHOP-77", "SHOP-78"]


def test_a_payment_is_found_in_whichever_workspace_it_is(world: World) -> None:
    ids = world.ports.store.list_workspace_ids()
    assert WORKSPACE in ids
    for first in (False, True):
        world.clock.sleep(1)
        opened(world)
        order = sorted(ids, key=lambda one: (one == WORKSPACE) is not first)
        with world.restoring():
            world.override_store(list_workspace_ids=lambda order=order: order)
            wanted = ours(world)
            assert decide(world, wanted).payment_id == wanted.payment_id
