"""The production store on the model of DynamoDB: workspaces' limits, conditions, pages."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from payments.domain.records.payment import Payment
from payments.domain.rules import transitions
from payments.store.contract.due import Due, Lane
from payments.store.contract.errors import Conflict, NotFound, StoreUnavailable, TenantFence
from payments.store.dynamodb.codec import decode, encode_item
from tests.world import OWNER, WORKSPACE, World


def test_a_payment_reads_back_as_it_was_written(world: World) -> None:
    payment = world.payment(world.initiate()["payment_id"])
    assert decode(Payment, encode_item(payment)) == payment
    assert payment.version == 2


def test_no_key_outside_of_the_workspace_leaves_the_store(world: World) -> None:
    answer = world.initiate()
    payment = world.payment(answer["payment_id"])
    other = world.ports.store.within("ws_other")
    change = transitions.outcome_unknown(payment, payment.current.id, OWNER, world.clock.now())
    calls = world.client.calls.copy()
    with pytest.raises(TenantFence):
        other.save(change)
    assert world.client.calls == calls
    with pytest.raises(NotFound):
        other.get_payment(answer["payment_id"])


@pytest.mark.parametrize(
    ("order_id", "key"),
    [("A-1_b", "A-1_b"), ("A#1", "A%231"), ("INV/2026/00001", "INV%2F2026%2F00001"), ("a b%", "a%20b%25")],
)
def test_an_order_id_stands_in_a_key_percent_encoded(world: World, order_id: str, key: str) -> None:
    payment = world.payment(world.initiate(world.order(order_id))["payment_id"])
    (lock,) = (item for item in world.tables()["payment_transactions"] if item["sk"] == {"S": "LOCK"})
    assert lock["pk"] == {"S": f"T#{WORKSPACE}#ORD#{key}"}
    assert world.ports.store.within(WORKSPACE).get_payment_by_order(order_id) == payment


@pytest.mark.parametrize("workspace_id", ["ws_demo#PAY", "ws_dem", "ws_demo2", ""])
def test_a_workspace_is_its_whole_name(world: World, workspace_id: str) -> None:
    answer = world.initiate()
    with pytest.raises((TenantFence, NotFound)):
        world.ports.store.within(workspace_id).get_payment(answer["payment_id"])


def test_a_change_writes_the_events_of_any_stream(world: World) -> None:
    """A kind of record with a stream of its own changes nothing in the store."""
    payment = world.payment(world.initiate()["payment_id"])
    store = world.ports.store.within(WORKSPACE)
    change = transitions.outcome_unknown(payment, payment.current.id, OWNER, world.clock.now())
    assert change is not None
    (event,) = change.events
    other = replace(event, stream_id="sub_1", seq=1, subject_id="sub_1", prev_hash="").sealed()
    store.save(replace(change, events=(other, event)))
    assert store.list_events("sub_1") == [other]
    assert store.list_events(payment.id)[-1] == event
    assert store.get_payment(payment.id) == change.payment


def test_a_stale_version_writes_nothing_at_all(world: World) -> None:
    payment = world.payment(world.initiate()["payment_id"])
    store = world.ports.store.within(WORKSPACE)
    change = transitions.outcome_unknown(payment, payment.current.id, OWNER, world.clock.now())
    store.save(change)
    before = world.tables()
    with pytest.raises(Conflict):
        store.save(change)
    assert world.tables() == before


def test_an_event_is_never_written_over(world: World) -> None:
    """The second safeguard behind the version: the sequence number is used already."""
    payment = world.payment(world.initiate()["payment_id"])
    store = world.ports.store.within(WORKSPACE)
    change = transitions.outcome_unknown(replace(payment, version=1), payment.current.id, OWNER, world.clock.now())
    with pytest.raises(Conflict):
        store.save(change)


def due_rows(world: World, before: datetime) -> list[Due]:
    store = world.ports.store
    return [row for shard in range(4) for row in store.list_due(Lane("phonepe", shard), "payment", before, 9)[0]]


def test_every_unsettled_payment_is_in_the_due_index_and_no_settled_one(world: World) -> None:
    answer = world.initiate()
    later = world.clock.now() + timedelta(days=1)

    def due() -> list[str]:
        return [row.stream_id for row in due_rows(world, later)]

    assert due() == [answer["payment_id"]]
    world.payer("pay", answer["attempt_id"])
    world.advance(1)
    assert due() == [answer["payment_id"]]  # One last check after the order's expiry: it might be paid twice.
    world.advance(2200)
    world.sweep()
    assert due() == []


def test_a_due_row_that_another_writer_moved_stays_where_it_was_put(world: World) -> None:
    world.initiate()
    later = world.clock.now() + timedelta(days=1)
    (row,) = due_rows(world, later)
    world.ports.store.defer(row, later)
    world.ports.store.defer(row, None)  # Decided on the old time.
    assert world.payment(row.stream_id).due_at == later


def test_a_row_that_fails_again_and_again_is_due_at_growing_intervals(world: World) -> None:
    world.initiate()
    delays = [timedelta(minutes=minutes) for minutes in (1, 2, 4)]
    waits = []
    for _ in range(4):
        (row,) = due_rows(world, world.clock.now() + timedelta(days=1))
        world.ports.store.back_off(row, delays, world.clock.now())
        (moved,) = due_rows(world, world.clock.now() + timedelta(days=1))
        waits.append(moved.due_at - world.clock.now())
    assert waits == [*delays, delays[-1]]
    world.ports.store.defer(moved, world.clock.now())
    (row,) = due_rows(world, world.clock.now())
    world.ports.store.back_off(row, delays, world.clock.now())
    assert world.payment(row.stream_id).due_at == world.clock.now() + delays[0]


def test_a_failing_row_that_another_writer_moved_stays_where_it_was_put(world: World) -> None:
    world.initiate()
    later = world.clock.now() + timedelta(days=1)
    (row,) = due_rows(world, later)
    world.ports.store.defer(row, later)
    world.ports.store.back_off(row, [timedelta(minutes=1)], world.clock.now())
    assert world.payment(row.stream_id).due_at == later


def test_lists_are_paged_newest_first_over_months(world: World) -> None:
    ids = []
    for n in range(7):
        ids.append(world.initiate(world.order(f"ORD-{n}"), f"k{n}", b"%d" % n)["payment_id"])
        world.clock.sleep(12 * 86_400)
    start, end = world.clock.now() - timedelta(days=100), world.clock.now()
    found: list[str] = []
    cursor, pages = None, 0
    while pages == 0 or cursor:
        page = world.ports.store.within(WORKSPACE).list_payments(start, end, 3, cursor, None)
        found += [payment.id for payment in page.found]
        cursor, pages = page.next_cursor, pages + 1
    assert found == ids[::-1]
    created = world.ports.store.within(WORKSPACE).list_payments(start, end, 10, None, "completed")
    assert created.found == ()


@pytest.mark.parametrize("limit", [1, 2, 4])
def test_a_month_that_fills_several_pages_is_listed_whole(world: World, limit: int) -> None:
    ids = [world.initiate(world.order(f"ORD-{n}"), f"k{n}", b"%d" % n)["payment_id"] for n in range(5)]
    now, found, cursor = world.clock.now(), list[str](), None
    for _ in range(20):
        page = world.ports.store.within(WORKSPACE).list_payments(now - timedelta(days=1), now, limit, cursor, None)
        found += [payment.id for payment in page.found]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert sorted(found) == sorted(ids)


def test_throttling_and_conflicts_have_their_own_names(world: World) -> None:
    def cancelled(code: str) -> Any:
        def fail(_: Any) -> None:
            from botocore.exceptions import ClientError

            reasons = [{"Code": "None"}, {"Code": code}]
            response: Any = {"Error": {"Code": "TransactionCanceledException", "Message": ""}}
            raise ClientError(response | {"CancellationReasons": reasons}, "TransactWriteItems")

        return fail

    payment = world.payment(world.initiate()["payment_id"])
    store = world.ports.store.within(WORKSPACE)
    change = transitions.outcome_unknown(payment, payment.current.id, OWNER, world.clock.now())
    for code, error in (("TransactionConflict", Conflict), ("ThrottlingError", StoreUnavailable)):
        world.client.before.append(("transact_write_items", cancelled(code)))
        with pytest.raises(error):
            store.save(change)
