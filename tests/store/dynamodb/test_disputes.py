"""The table of disputes: finding one by its ids, the condition of a write, the due index, the list."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from payments.domain.change import Change
from payments.domain.records.dispute import Dispute, DisputePhase, DisputeSnapshot, DisputeStatus
from payments.domain.records.payment import Payment
from payments.domain.rules import disputing
from payments.domain.values.ids import DISPUTE
from payments.domain.values.money import Money
from payments.store.contract.due import Due, Lane
from payments.store.contract.errors import NotFound
from payments.store.contract.lists import Page
from tests.store.dynamodb.test_conditions import paid, refuses
from tests.world import OWNER, WORKSPACE, World

REPORTED = DisputeSnapshot("DSP1", Money(20000, "INR"), DisputePhase.CHARGEBACK, DisputeStatus.OPEN, "ACTION_REQUIRED")
ALL = tuple(DisputeStatus)


def opened(world: World, payment: Payment, ref: str = "DSP1") -> Change:
    dispute_id, now = world.ports.ids.new(DISPUTE, world.clock.now()), world.clock.now()
    change = disputing.opened(payment, payment.current, dispute_id, replace(REPORTED, ref=ref), OWNER, now)
    assert change
    return change


def saved(world: World, change: Change) -> Dispute:
    world.ports.store.within(WORKSPACE).save(change)
    (dispute,) = (record for record in change.records if isinstance(record, Dispute))
    return dispute


def moved(world: World, dispute: Dispute, status: DisputeStatus) -> Change:
    payment = world.payment(dispute.payment_id)
    change = disputing.advance(payment, dispute, replace(REPORTED, status=status), OWNER, world.clock.now())
    assert change
    return change


def due(world: World) -> list[Due]:
    later, store = world.clock.now() + timedelta(days=1), world.ports.store
    return [row for shard in range(4) for row in store.list_due(Lane("phonepe", shard), "dispute", later, 9)[0]]


def test_a_dispute_is_found_by_its_id_its_payment_and_the_gateways_name(world: World) -> None:
    dispute = saved(world, opened(world, paid(world)))
    store = world.ports.store.within(WORKSPACE)
    assert store.get_dispute(dispute.id) == dispute
    assert store.list_disputes(dispute.payment_id) == [dispute]
    payment, read = store.get_disputing(dispute.payment_id, dispute.id)
    assert (payment.current.disputed_minor, read) == (20000, dispute)
    where = world.ports.store.locate_dispute("phonepe", "DSP1")
    assert where
    assert (where.workspace_id, where.stream_id, where.subject_id) == (WORKSPACE, payment.id, dispute.id)
    assert world.ports.store.locate_dispute("stripe", "DSP1") is None
    assert world.ports.store.locate_dispute("phonepe", "DSP2") is None


def test_another_workspace_finds_nothing(world: World) -> None:
    dispute = saved(world, opened(world, paid(world)))
    other = world.ports.store.within("ws_other")
    with pytest.raises(NotFound):
        other.get_dispute(dispute.id)
    with pytest.raises(NotFound):
        other.get_disputing(dispute.payment_id, dispute.id)
    assert other.list_disputes(dispute.payment_id) == []
    assert other.list_all_disputes(ALL, 9) == Page((), None)


def test_a_gateways_dispute_has_one_record_though_two_payments_are_named(world: World) -> None:
    saved(world, opened(world, paid(world)))
    answer = world.initiate(world.order("ORD-2"), "key-2", b"2")
    world.payer("pay", answer["attempt_id"])
    world.advance(1)
    refuses(world, opened(world, world.payment(answer["payment_id"])))


def test_a_changed_dispute_is_not_overwritten_though_the_payments_version_is_right(world: World) -> None:
    first = saved(world, opened(world, paid(world)))
    saved(world, moved(world, first, DisputeStatus.UNDER_REVIEW))
    refuses(world, moved(world, first, DisputeStatus.LOST))
    refuses(world, opened_again(world, first))


def opened_again(world: World, dispute: Dispute) -> Change:
    """Its first version again, as another writer would write it."""
    change = opened(world, world.payment(dispute.payment_id), "DSP9")
    return replace(change, records=(replace(dispute, ref="DSP9"),), references=())


def test_an_open_one_is_due_until_it_has_ended(world: World) -> None:
    dispute = saved(world, opened(world, paid(world)))
    (row,) = due(world)
    assert (row.kind, row.workspace_id, row.stream_id, row.subject_id) == (
        "dispute", WORKSPACE, dispute.payment_id, dispute.id,
    )  # fmt: skip
    assert row.due_at == dispute.due_at
    world.ports.store.defer(row, row.due_at + timedelta(hours=1))
    (later,) = due(world)
    assert later.due_at == row.due_at + timedelta(hours=1)
    saved(world, moved(world, dispute, DisputeStatus.LOST))
    assert due(world) == []


def made_of(world: World, count: int) -> list[Any]:
    payment_id, made = paid(world).id, list[Any]()
    for number in range(1, count + 1):
        world.clock.sleep(60)
        made.append(saved(world, opened(world, world.payment(payment_id), f"DSP{number}")))
    return made


def pages(world: World, *statuses: DisputeStatus, limit: int = 9) -> list[list[str]]:
    store, found, cursor = world.ports.store.within(WORKSPACE), list[list[str]](), None
    for _ in range(9):
        page = store.list_all_disputes(statuses or ALL, limit, cursor)
        found.append([one.ref for one in page.found])
        if (cursor := page.next_cursor) is None:
            break
    return found


def test_a_list_of_disputes_holds_those_of_its_statuses_newest_first(world: World) -> None:
    made = made_of(world, 3)
    saved(world, moved(world, made[1], DisputeStatus.WON))
    assert pages(world) == [["DSP3", "DSP2", "DSP1"]]
    assert pages(world, DisputeStatus.OPEN) == [["DSP3", "DSP1"]]
    assert pages(world, DisputeStatus.WON) == [["DSP2"]]
    assert pages(world, DisputeStatus.LOST) == [[]]
    assert pages(world, DisputeStatus.WON, DisputeStatus.OPEN) == [["DSP3", "DSP2", "DSP1"]]


def test_pages_of_disputes_of_several_statuses_fit_together(world: World) -> None:
    made = made_of(world, 5)
    saved(world, moved(world, made[1], DisputeStatus.WON))
    saved(world, moved(world, made[2], DisputeStatus.UNDER_REVIEW))
    assert pages(world, limit=2) == [["DSP5", "DSP4"], ["DSP3", "DSP2"], ["DSP1"]]
    assert pages(world, limit=5) == [["DSP5", "DSP4", "DSP3", "DSP2", "DSP1"]]
    assert pages(world, DisputeStatus.OPEN, limit=1) == [["DSP5"], ["DSP4"], ["DSP1"]]


def test_a_dispute_that_moves_between_two_pages_or_while_one_is_read_is_listed_once(world: World) -> None:
    made, store = made_of(world, 3), world.ports.store.within(WORKSPACE)
    first = store.list_all_disputes(ALL, 1)
    saved(world, moved(world, made[2], DisputeStatus.LOST))
    world.client.after.append(("query", lambda _: saved(world, moved(world, made[0], DisputeStatus.WON))))
    rest = store.list_all_disputes(ALL, 9, first.next_cursor)
    assert [one.ref for one in (*first.found, *rest.found)] == ["DSP3", "DSP2", "DSP1"]
    assert rest.found[-1].status is DisputeStatus.WON
    world.client.after.append(("query", lambda _: saved(world, moved(world, made[1], DisputeStatus.LOST))))
    assert [one.ref for one in store.list_all_disputes([DisputeStatus.OPEN], 9).found] == []
