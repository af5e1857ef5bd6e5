"""The rows of one gateway: which may be started now, and when the others wait for the next sweep."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest

from payments.store.contract.due import SHARDS, Due, Lane
from payments.store.contract.errors import StoreUnavailable
from payments.store.dynamodb.tables import due as due_table
from payments.usecases.rotate import rotate
from payments.usecases.sweep import rows as due_rows
from payments.usecases.sweep.lanes import Leases, Line
from payments.usecases.sweep.rows import RowResult, sweep_row
from payments.usecases.sweep.run import sweep
from tests.usecases.webhook.test_webhook import deliveries, send, webhook_body
from tests.world import World, make_world


@pytest.fixture
def world() -> World:
    """Ten payments of one gateway are due."""
    world = make_world(1, False, ("phonepe",))
    world.flow.accepts = False
    for n in range(10):
        world.initiate(world.order(f"ORD-{n}"), f"k{n}", b"%d" % n)
    world.clock.sleep(61)
    return world


def line_of(world: World) -> Line:
    return Line("phonepe", world.clock.now(), Leases(world.ports), world.ports)


def started(line: Line) -> int:
    """How many rows could be started now."""
    return sum(1 for _ in iter(line.next_row, None))


def ended(line: Line, is_answer: bool | None) -> None:
    """A row that got this answer from its gateway; None: it made no call."""
    line.note_end()
    if is_answer is not None:
        line.note_call(is_answer=is_answer)


def test_few_rows_are_tried_at_once_until_the_gateway_has_answered(world: World) -> None:
    line = line_of(world)
    assert started(line) == 4
    assert not line.is_at_end
    ended(line, True)
    assert started(line) == 6
    assert line.is_at_end


def test_a_gateway_that_stops_answering_is_proved_anew(world: World) -> None:
    line = line_of(world)
    for _ in range(2):
        assert line.next_row()
    ended(line, True)
    ended(line, False)
    assert started(line) == 4


def test_after_three_failures_in_a_row_the_other_rows_wait_for_the_next_sweep(world: World) -> None:
    line = line_of(world)
    for is_answer in (False, False, True, False, False):
        assert line.next_row()
        ended(line, is_answer)
    assert line.next_row()
    ended(line, False)
    assert (line.is_shut, line.next_row(), line.is_at_end) == (True, None, False)
    line.note_call(is_answer=True)  # Of a row in progress.
    assert (line.is_shut, line.next_row()) == (True, None)


def test_a_row_without_a_call_is_no_answer_of_the_gateway(world: World) -> None:
    line = line_of(world)
    for is_answer in (False, False, None, False):
        assert line.next_row()
        ended(line, is_answer)
    assert line.is_shut


def test_a_webhook_about_an_unknown_order_asks_no_gateway(world: World) -> None:
    send(world, webhook_body("att_00000000000000000000000042"))
    world.clock.sleep(61)
    line, rows = line_of(world), list[Due]()
    while row := line.next_row():
        ended(line, True)
        rows += [row] if row.kind == "delivery" else []
    world.fault("error_before", "*", times=-1)
    assert [(swept.outcome, swept.answered) for swept in (sweep_row(row, world.ports) for row in rows)] == [
        ("delivery parked", {})
    ]


def test_a_row_reports_the_answer_of_each_gateway_that_it_called() -> None:
    """A payment may have an older attempt at another gateway."""
    world = make_world(1, False, ("phonepe", "razorpay"))
    world.flow.accepts = False
    for n in range(3):
        world.initiate(world.order(f"ORD-{n}"), f"k{n}", b"%d" % n)
    world.clock.sleep(61)
    heard = {"razorpay": False, "phonepe": True}
    sweep(world.ports, lambda due, ports: RowResult(due, "open", heard))
    assert world.metrics["GatewaysNotAnswering"] == 1


def test_a_row_whose_gateway_does_not_answer_says_so(world: World) -> None:
    row = line_of(world).next_row()
    assert row
    assert sweep_row(row, world.ports).answered == {"phonepe": True}
    world.fault("error_before", "*", times=-1)
    assert sweep_row(row, world.ports).answered == {"phonepe": False}


def test_a_row_whose_webhook_is_gone_asks_no_gateway(world: World) -> None:
    line = line_of(world)
    row = line.next_row()
    assert row
    gone = replace(row, kind="delivery", subject_id="dlv_00000000000000000000000042")
    assert sweep_row(gone, world.ports).answered == {}


def test_no_row_is_handed_out_twice(world: World) -> None:
    line, seen = line_of(world), set[str]()
    while row := line.next_row():
        ended(line, True)
        assert row.subject_id not in seen
        seen.add(row.subject_id)
    assert len(seen) == 10


def test_a_lane_whose_lease_cannot_be_read_is_left_and_noted(world: World) -> None:
    def silent(*_: Any) -> int:
        raise StoreUnavailable("throttled")

    world.override_store(take_job_lease=silent)
    assert started(line_of(world)) == 0
    lines = [line for line in world.log if line["message"] == "sweep.unleased"]
    assert {(line["gateway"], line["error"], line["why"]) for line in lines} == {
        ("phonepe", "StoreUnavailable", "throttled")
    }
    assert len({line["shard"] for line in lines}) == len(lines) > 0


def test_a_lease_that_cannot_be_ended_is_noted_and_the_others_are_ended(world: World) -> None:
    store, tried = world.ports.store, list[str]()
    end = store.end_job_lease

    def failing_first(job: str, fence: int) -> None:
        tried.append(job)
        if len(tried) == 1:
            raise StoreUnavailable("throttled")
        end(job, fence)

    world.override_store(end_job_lease=failing_first)
    assert world.sweep()["checked"] == 10
    (line,) = [line for line in world.log if line["message"] == "sweep.lease_left"]
    shown = f"sweep {line['gateway']} {line['shard']}"
    assert (shown, line["error"], line["level"]) == (tried[0], "StoreUnavailable", "WARNING")
    later = world.clock.now() + timedelta(seconds=70)
    captured = [job for job in tried if store.take_job_lease(job, "next", world.clock.now(), later) is not None]
    assert captured == tried[1:]
    assert len(captured) > 0


def test_every_page_of_a_lane_is_read(world: World) -> None:
    list_due = world.ports.store.list_due
    world.override_store(
        list_due=lambda lane, kind, before, limit, cursor=None: list_due(lane, kind, before, 1, cursor)
    )
    line, seen = line_of(world), set[str]()
    while row := line.next_row():
        ended(line, True)
        seen.add(row.subject_id)
    assert (len(seen), line.is_complete) == (10, True)


def test_a_lease_that_is_prolonged_lasts_as_long_as_a_new_one(world: World) -> None:
    leases, lane = Leases(world.ports), Lane("phonepe", 0)
    assert leases.secure(lane)
    world.clock.sleep(60)
    assert leases.secure(lane)
    world.clock.sleep(60)
    now = world.clock.now()
    assert world.ports.store.take_job_lease("sweep phonepe 0", "other", now, now + timedelta(seconds=70)) is None


def test_a_row_that_two_pages_show_is_handed_out_once(world: World) -> None:
    """It was written between the pages, so the index has it at two places."""
    list_due = world.ports.store.list_due

    def repeating(lane: Lane, kind: str, *more: Any) -> Any:
        rows, cursor = list_due(lane, kind, *more)
        return [*rows, *rows], cursor

    world.override_store(list_due=repeating)
    line, seen = line_of(world), list[str]()
    while row := line.next_row():
        ended(line, True)
        seen.append(row.subject_id)
    assert (len(seen), len(set(seen))) == (10, 10)


def test_each_minute_another_shard_and_another_kind_of_row_come_first(world: World) -> None:
    """If time runs out in every sweep, none of them is always the last."""
    store, request = world.ports.store, list[tuple[int, str]]()
    list_due = store.list_due

    def noting(lane: Lane, kind: str, *more: Any) -> Any:
        request.append((lane.shard, kind))
        return list_due(lane, kind, *more)

    world.override_store(list_due=noting)
    first = []
    for _ in range(SHARDS * len(due_rows.KINDS)):
        request.clear()
        line_of(world).next_row()
        first.append(request[0])
        world.clock.sleep(60)
    assert {shard for shard, _ in first} == set(range(SHARDS))
    assert {kind for _, kind in first} == set(due_rows.KINDS)
    assert all(one != other for one, other in pairwise(first))


def test_a_due_index_that_cannot_be_read_is_named_and_hides_no_other(world: World) -> None:
    store = world.ports.store
    list_due = store.list_due
    while (first := rotate(due_rows.KINDS, int(world.clock.epoch_s()) // 60)[0]) == "payment":
        world.clock.sleep(60)

    def failing(lane: Lane, kind: str, *more: Any) -> Any:
        if (lane.shard, kind) == (1, first):
            raise StoreUnavailable("Throttled")
        return list_due(lane, kind, *more)

    world.override_store(list_due=failing)
    assert world.sweep()["checked"] == 10
    facts = {"gateway": "phonepe", "kind": first, "shard": 1, "error": "StoreUnavailable", "why": "Throttled"}
    assert [line for line in world.log if line["message"] == "sweep.unread"] == [
        {"message": "sweep.unread", "level": "WARNING", **facts}
    ]


def test_a_gateway_that_does_not_answer_leaves_the_rows_of_others_alone() -> None:
    world = make_world(1, False, ("phonepe", "razorpay"))
    world.flow.accepts = False
    for n in range(12):
        gateway = ("phonepe", "razorpay")[n % 2]
        world.initiate(world.order(f"ORD-{n}", gateway=gateway), f"k{n}", b"%d" % n)
    world.fault("error_before", "status", times=-1)
    world.clock.sleep(61)
    report = world.sweep()
    assert (report["checked"], report["failed"], report["complete"]) == (9, 3, False)
    assert world.metrics["GatewaysNotAnswering"] == 1
    assert world.metrics["SweepRows"] == 9
    world.admin("DELETE", "/_sim/faults")
    world.clock.sleep(61)
    report = world.sweep()
    assert (report["failed"], report["complete"]) == (0, True)


def test_each_gateway_that_does_not_answer_is_counted() -> None:
    names = ("phonepe", "razorpay")
    world = make_world(1, False, names)
    world.flow.accepts = False
    for n in range(12):
        world.initiate(world.order(f"ORD-{n}", gateway=names[n % 2]), f"k{n}", b"%d" % n)
    for name in names:
        world.fault("error_before", "*", times=-1, at=name)
    world.clock.sleep(61)
    assert world.sweep()["failed"] == 6
    assert world.metrics["GatewaysNotAnswering"] == 2


def test_the_oldest_due_row_says_how_far_behind_the_sweep_is(world: World) -> None:
    world.clock.sleep(600)
    world.sweep()
    assert 600 <= world.metrics["OldestDueSeconds"] <= 661
    world.metrics.clear()
    world.sweep()
    assert world.metrics["OldestDueSeconds"] == 0


def test_a_webhook_that_is_given_up_is_no_answer_of_its_gateway() -> None:
    world = make_world(1, False, ("phonepe",))
    attempt_id = world.initiate()["attempt_id"]
    world.payer("pay", attempt_id)
    world.fault("error_before", "status", times=-1)
    for number in range(4):
        send(world, webhook_body(attempt_id, number=number))
    while "dead" not in {delivery["state"] for delivery in deliveries(world)}:
        world.clock.sleep(3600)
        world.metrics.clear()
        world.sweep()
    assert world.metrics["GatewaysNotAnswering"] == 1


def test_each_kind_of_due_rows_has_its_handler_and_its_table() -> None:
    assert set(due_rows.KINDS) == set(due_table._DUE_KINDS)
