"""How far one sweep goes, with which gateway it begins, and what it counts for several lanes at once."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count, islice
from typing import Any

import pytest

from payments.store.contract.due import SHARDS, Due, Lane
from payments.store.contract.errors import StoreUnavailable
from payments.usecases.ports import Ports
from payments.usecases.rotate import rotate
from payments.usecases.sweep import rows as due_rows
from payments.usecases.sweep.lanes import Leases, Line
from payments.usecases.sweep.rows import RowResult
from payments.usecases.sweep.run import sweep
from tests.usecases.steps import take_every_lane
from tests.world import WORKSPACE, World, make_world

BOTH = ("phonepe", "razorpay")


def opened(world: World, number: int, gateway: str = "phonepe") -> None:
    world.flow.accepts = False
    for _ in range(number):
        n = len(world.tables()["payment_transactions"])
        world.initiate(world.order(f"ORD-{n}", gateway=gateway), f"k{n}", b"%d" % n)


def test_each_minute_another_gateway_comes_first() -> None:
    world, request = make_world(1, False, BOTH), list[str]()
    list_due = world.ports.store.list_due

    def noting(lane: Lane, *more: Any) -> Any:
        request.append(lane.gateway)
        return list_due(lane, *more)

    world.override_store(list_due=noting)
    firsts = []
    for _ in range(4):
        request.clear()
        world.sweep()
        firsts.append(request[0])
        world.clock.sleep(60)
    assert firsts in ([*BOTH, *BOTH], [*BOTH[::-1], *BOTH[::-1]])


@pytest.mark.parametrize(("left_s", "goes_on"), [(4.9, False), (5.0, True)])
def test_with_less_than_five_seconds_left_no_further_row_is_started(left_s: float, goes_on: bool) -> None:
    world = make_world(1, False)
    opened(world, 20)
    world.clock.sleep(61)
    ports = replace(world.ports, time_left=lambda: left_s if world.ledger()["calls"].get("status") else 1000.0)
    assert (int(str(sweep(ports)["checked"])) > 1) is goes_on


@pytest.mark.parametrize(("left_s", "reads"), [(9.9, False), (10.0, True)])
def test_with_less_than_ten_seconds_left_no_further_index_is_read(left_s: float, reads: bool) -> None:
    world = make_world(1, False)
    opened(world, 1)
    world.clock.sleep(61)
    report = sweep(replace(world.ports, time_left=lambda: left_s))
    assert (report["checked"], report["complete"]) == (int(reads), reads)


def test_one_sweep_takes_ten_thousand_rows_and_leaves_the_rest_to_the_next() -> None:
    world, numbers = make_world(1, False), count()
    before = world.clock.now() - timedelta(seconds=1)

    def endless(lane: Lane, kind: str, at: datetime, limit: int, cursor: Any = None) -> Any:
        return [Due(kind, WORKSPACE, "pay_1", f"pay_{n}", before, lane.gateway) for n in islice(numbers, limit)], {}

    world.override_store(list_due=endless)
    report = sweep(world.ports, lambda due, ports: RowResult(due, "open", {"phonepe": True}))
    assert (report["checked"], report["complete"], world.metrics["SweepRows"]) == (10_000, False, 10_000)


def test_a_sweep_that_is_refused_some_lanes_works_on_the_others_and_says_so() -> None:
    world = make_world(1, False)
    opened(world, 20)
    world.clock.sleep(61)
    now = world.clock.now()
    assert world.ports.store.take_job_lease("sweep phonepe 1", "another", now, now + timedelta(seconds=70))
    report = world.sweep()
    assert 0 < int(str(report["checked"])) < 20
    assert (report["complete"], world.metrics["SweepCompleted"]) == (True, 1), "the other sweep tells of the rest"


def test_a_sweep_that_finds_nothing_due_is_not_skipped_for_want_of_leases() -> None:
    world = make_world(1, False)
    take_every_lane(world, "another", world.clock.now())
    assert world.sweep() == {"checked": 0, "recovered": 0, "failed": 0, "complete": True}
    assert world.metrics["SweepCompleted"] == 1


def test_a_sweep_that_is_skipped_counts_nothing() -> None:
    world = make_world(1, False)
    opened(world, 1)
    world.clock.sleep(61)
    take_every_lane(world, "another", world.clock.now())
    world.metrics.clear()
    assert "skipped" in world.sweep()
    assert not world.metrics


@pytest.mark.parametrize("older", BOTH)
def test_the_oldest_row_of_all_gateways_says_how_far_behind_the_sweep_is(older: str) -> None:
    world = make_world(1, False, BOTH)
    opened(world, 2, older)
    world.clock.sleep(600)
    opened(world, 2, next(name for name in BOTH if name != older))
    world.clock.sleep(61)
    world.sweep()
    assert 600 <= world.metrics["OldestDueSeconds"] <= 661


def test_one_old_row_among_many_new_ones_says_how_far_behind_the_sweep_is() -> None:
    world = make_world(1, False)
    opened(world, 1)
    world.clock.sleep(600)
    opened(world, 20)
    world.clock.sleep(61)
    world.sweep()
    assert 600 <= world.metrics["OldestDueSeconds"] <= 661


def test_how_far_behind_a_sweep_is_counts_from_its_start() -> None:
    world = make_world(1, False)
    opened(world, 3)
    world.clock.sleep(120)

    def slow(due: Due, ports: Ports) -> RowResult:
        world.clock.sleep(200)
        return RowResult(due, "open", {"phonepe": True})

    sweep(world.ports, slow)
    assert 0 < world.metrics["OldestDueSeconds"] <= 120


def test_every_metric_of_a_row_is_counted() -> None:
    world = make_world(1, False)
    opened(world, 1)
    world.clock.sleep(61)
    sweep(world.ports, lambda due, ports: RowResult(due, "open", {}, due_rows.ROW_METRICS))
    assert {world.metrics[gauge] for gauge in due_rows.ROW_METRICS} == {1}


def failing_at(world: World, gateway: str, method: str) -> None:
    real = getattr(world.ports.store, method)

    def failing(first: Lane | str, *more: Any) -> Any:
        name = first.gateway if isinstance(first, Lane) else first.split()[1]
        if name == gateway:
            raise StoreUnavailable("no answer")
        return real(first, *more)

    world.override_store(**{method: failing})


@pytest.mark.parametrize("method", ["list_due", "take_job_lease"])
@pytest.mark.parametrize("silent", BOTH)
def test_a_gateway_whose_lanes_the_store_keeps_back_is_the_only_one_that_is_unread(silent: str, method: str) -> None:
    world = make_world(1, False, BOTH)
    for name in BOTH:
        opened(world, 1, name)
    world.clock.sleep(61)
    failing_at(world, silent, method)
    leases = Leases(world.ports)
    lines = [Line(name, world.clock.now(), leases, world.ports) for name in BOTH]
    rows = [row.gateway for line in lines for row in iter(line.next_row, None)]
    assert rows == [name for name in BOTH if name != silent]
    assert [line.is_unread for line in lines] == [name == silent for name in BOTH]
    assert [line.is_complete for line in lines] == [name != silent for name in BOTH]


def test_a_row_that_becomes_due_while_a_sweep_runs_is_left_to_the_next() -> None:
    world = make_world(1, False)
    befores = set[datetime]()
    list_due = world.ports.store.list_due

    def noting(lane: Lane, kind: str, before: datetime, *more: Any) -> Any:
        befores.add(before)
        world.clock.sleep(1)
        return list_due(lane, kind, before, *more)

    world.override_store(list_due=noting)
    started_at = world.clock.now()
    world.sweep()
    assert befores == {started_at}


def test_a_lane_that_another_sweep_has_hides_no_lane_of_the_same_gateway() -> None:
    world = make_world(1, False)
    opened(world, 40)
    world.clock.sleep(61)
    leases, now = Leases(world.ports), world.clock.now()
    first = rotate(tuple(range(SHARDS)), int(now.timestamp()) // 60)[0]
    assert world.ports.store.take_job_lease(f"sweep phonepe {first}", "another", now, now + timedelta(seconds=70))
    line, shards = Line("phonepe", now, leases, world.ports), list[Due]()
    line.note_call(is_answer=True)
    shards += iter(line.next_row, None)
    assert len({row.subject_id for row in shards}) > 20
    assert leases.refused == 1


def test_a_sweep_that_is_broken_off_gives_its_lanes_back() -> None:
    world = make_world(1, False)
    opened(world, 10)
    world.clock.sleep(61)

    def die(*_: object) -> RowResult:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        sweep(world.ports, die)
    take_every_lane(world, "next", world.clock.now())
