"""Leases, list positions, due rows and webhooks of the whole deployment."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from payments.domain.records.case import Case, CaseKind
from payments.domain.rules import transitions
from payments.domain.values.account import Account
from payments.store.contract.deliveries import DeliveryState
from payments.store.contract.due import Due, Lane
from payments.store.contract.errors import Conflict, NotFound
from tests.store.dynamodb.test_conditions import a_delivery, paid, refunded
from tests.world import OWNER, WORKSPACE, World

LASTS = timedelta(seconds=70)
MOMENT = timedelta(milliseconds=1)


def test_a_lease_is_one_owners_until_it_has_ended_and_its_number_only_rises(world: World) -> None:
    store, now = world.ports.store, world.clock.now()
    assert store.take_job_lease("report", "first", now, now + LASTS) == 1
    assert store.take_job_lease("report", "second", now + LASTS, now + 2 * LASTS) is None
    later = now + LASTS + MOMENT
    assert store.take_job_lease("report", "second", later, later + LASTS) == 2
    assert store.take_job_lease("report", "first", later, later + LASTS) is None


def test_an_owner_takes_its_own_lease_again_under_a_new_number(world: World) -> None:
    """The call that took it may have been sent twice, because its first answer was lost."""
    store, now = world.ports.store, world.clock.now()
    assert [store.take_job_lease("report", "first", now, now + LASTS) for _ in range(2)] == [1, 2]
    assert not store.renew_job_lease("report", 1, now + LASTS)
    assert store.renew_job_lease("report", 2, now + LASTS)


def test_a_renewed_lease_lasts_longer_and_one_that_was_lost_is_not_renewed(world: World) -> None:
    store, now = world.ports.store, world.clock.now()
    store.take_job_lease("report", "first", now, now + LASTS)
    middle = now + LASTS / 2
    assert store.renew_job_lease("report", 1, middle + LASTS)
    assert store.take_job_lease("report", "second", middle + LASTS, middle + 2 * LASTS) is None
    later = middle + LASTS + MOMENT
    assert store.take_job_lease("report", "second", later, later + LASTS) == 2
    for fence in (1, 3):
        assert not store.renew_job_lease("report", fence, later + 3 * LASTS)
    assert not store.renew_job_lease("another job", 1, later)


def test_only_the_newest_holder_ends_a_lease(world: World) -> None:
    store, now = world.ports.store, world.clock.now()
    store.take_job_lease("report", "first", now, now + LASTS)
    store.end_job_lease("report", 2)
    assert store.take_job_lease("report", "second", now, now + LASTS) is None
    store.end_job_lease("report", 1)
    assert store.take_job_lease("report", "second", now, now + LASTS) == 2


@pytest.mark.parametrize(("ahead", "passes_over"), [(LASTS, False), (LASTS + MOMENT, True)])
def test_a_lease_that_a_clock_ran_ahead_of_passes_on_if_it_ends_after_twice_its_time(
    world: World, ahead: timedelta, passes_over: bool
) -> None:
    store, now = world.ports.store, world.clock.now()
    store.take_job_lease("report", "ahead", now + ahead, now + ahead + LASTS)
    assert store.take_job_lease("report", "second", now, now + LASTS) == (2 if passes_over else None)


def test_each_job_has_a_lease_and_a_position_of_its_own(world: World) -> None:
    store, now = world.ports.store, world.clock.now()
    assert [store.take_job_lease(job, job, now, now + LASTS) for job in ("sweep phonepe 0", "sweep phonepe 1")] == [
        1,
        1,
    ]
    store.put_position("disputes razorpay", "17")
    store.put_position("disputes razorpay", "18")
    assert [store.get_position(f"disputes {gateway}") for gateway in ("razorpay", "stripe")] == ["18", ""]


def test_a_webhook_is_stored_for_four_hundred_days_after_it_was_received_whatever_became_of_it(world: World) -> None:
    store, received = world.ports.store, a_delivery(world.clock.now(), DeliveryState.PARKED)
    stored = str(int((world.clock.now() + timedelta(days=400)).timestamp()))
    store.add_delivery(received)
    for state in (DeliveryState.PARKED, DeliveryState.DEAD):
        store.save_delivery(replace(received, state=state, due_at=None, tries=3))
        (row,) = world.tables()["payment_webhook_logs"]
        assert row["ttl"] == {"N": stored}


def test_a_repeated_webhook_is_answered_with_the_stored_one_and_another_gateways_is_none(world: World) -> None:
    store, first = world.ports.store, a_delivery(world.clock.now(), DeliveryState.RECEIVED)
    assert store.add_delivery(first) is None
    assert store.add_delivery(replace(first, tries=7, state=DeliveryState.DEAD)) == first
    assert store.add_delivery(replace(first, gateway="stripe")) is None
    assert store.get_delivery(Account("stripe"), first.id).gateway == "stripe"


@pytest.mark.parametrize("stands", [state for state in DeliveryState if state is not DeliveryState.DEAD])
def test_only_a_delivery_that_was_given_up_is_replaced_by_its_repeat(world: World, stands: DeliveryState) -> None:
    store, there = world.ports.store, a_delivery(world.clock.now(), stands)
    store.add_delivery(there)
    assert store.add_delivery(replace(there, state=DeliveryState.RECEIVED, tries=7)) == there
    assert store.get_delivery(Account("phonepe"), there.id) == there


def test_what_is_not_there_is_not_found(world: World) -> None:
    store = world.ports.store
    for read in (
        lambda: store.get_delivery(Account("phonepe"), "d" * 64),
        lambda: store.get_case("unknown_order:X"),
        lambda: store.within("ws_nobody").get_workspace(),
        lambda: store.within(WORKSPACE).get_claim("refund", "0" * 64),
        lambda: store.within(WORKSPACE).get_refunding("pay_none", "rfd_none"),
    ):
        with pytest.raises(NotFound):
            read()


def test_a_refund_is_read_with_its_payment_only_where_both_are(world: World) -> None:
    payment = paid(world)
    refund = refunded(world, payment)
    store = world.ports.store.within(WORKSPACE)
    assert store.get_refunding(payment.id, refund.id)[1] == refund
    for payment_id, refund_id in ((payment.id, "rfd_none"), ("pay_none", refund.id)):
        with pytest.raises(NotFound):
            store.get_refunding(payment_id, refund_id)
    with pytest.raises(NotFound):
        world.ports.store.within("ws_other").get_refund(refund.id)


def test_an_id_of_ours_is_located_only_at_the_gateway_that_it_was_given_to(world: World) -> None:
    payment = paid(world)
    refund = refunded(world, payment)
    for name in (payment.current.id, refund.id):
        found = world.ports.store.locate("phonepe", name)
        assert found
        assert (found.workspace_id, found.stream_id, found.subject_id) == (WORKSPACE, payment.id, name)
        assert world.ports.store.locate("stripe", name) is None
    assert world.ports.store.locate("phonepe", "att_none") is None


@pytest.mark.parametrize("kind", ["payment", "refund", "delivery"])
def test_a_page_of_due_rows_goes_on_where_the_one_before_ended(world: World, kind: str) -> None:
    store, due_at = world.ports.store, world.clock.now()
    for number in range(24):
        if kind == "delivery":
            store.add_delivery(replace(a_delivery(due_at, DeliveryState.PARKED), id=f"{number:064}"))
        else:
            answer = world.initiate(world.order(f"ORD-{number}"), f"k{number}", b"%d" % number)
            if kind == "refund":
                world.payer("pay", answer["attempt_id"])
                world.advance(1)
                world.refund(answer["payment_id"], 100, f"r{number}")
    before, found = world.clock.now() + timedelta(days=2), list[Due]()
    for shard in range(4):
        rows, cursor = store.list_due(Lane("phonepe", shard), kind, before, 2)
        seen = list(rows)
        while cursor and len(seen) < 24:
            rows, cursor = store.list_due(Lane("phonepe", shard), kind, before, 2, cursor)
            assert len(rows) <= 2
            seen += rows
        assert seen == sorted(seen, key=lambda row: row.due_at)
        found += seen
    assert len({row.subject_id for row in found}) == len(found) == 24
    assert {(row.kind, row.gateway) for row in found} == {(kind, "phonepe")}
    assert {row.workspace_id for row in found} == ({""} if kind == "delivery" else {WORKSPACE})
    assert (
        {row.stream_id for row in found} == {"phonepe:main"}
        if kind == "delivery"
        else all(row.stream_id for row in found)
    )


def test_webhooks_that_name_no_id_of_ours_are_spread_over_the_lanes(world: World) -> None:
    store, now = world.ports.store, world.clock.now()
    for number in range(24):
        store.add_delivery(replace(a_delivery(now, DeliveryState.PARKED), id=f"{number:064}", subject_id=""))
    assert all(store.list_due(Lane("phonepe", shard), "delivery", now, 9)[0] for shard in range(4))


def test_a_row_that_is_removed_leaves_nothing_in_the_index_and_its_record_stays(world: World) -> None:
    payment = world.payment(world.initiate()["payment_id"])
    assert payment.due_at
    world.ports.store.defer(Due("payment", WORKSPACE, payment.id, payment.id, payment.due_at, "phonepe"), None)
    (row,) = (item for item in world.tables()["payment_transactions"] if item["sk"] == {"S": "PAYMENT"})
    assert not {"due_at", "due_shard"} & set(row)
    assert world.payment(payment.id) == replace(payment, due_at=None)


def test_a_case_without_a_workspace_is_decided_once_and_only_as_it_was_opened(world: World) -> None:
    store, now = world.ports.store, world.clock.now()
    opened = Case(CaseKind.UNKNOWN_ORDER, "A", "", now, "not ours")
    decided = replace(opened, decided_at=now, outcome="not_ours")
    store.put_case(opened)
    other = replace(decided, opened_at=now - timedelta(days=1))
    for refused in (opened, other):
        with pytest.raises(Conflict, match="open already"):
            store.put_case(refused)
    store.put_case(decided)
    with pytest.raises(Conflict, match="decided"):
        store.put_case(replace(decided, outcome="ours"))
    assert store.get_case(opened.id) == decided


def test_a_webhook_that_is_handled_with_a_change_is_applied_and_no_longer_due(world: World) -> None:
    payment, store = paid(world), world.ports.store
    parked = a_delivery(world.clock.now(), DeliveryState.PARKED)
    store.add_delivery(parked)
    later = world.clock.now() + timedelta(days=1)
    change = transitions.outcome_unknown(payment, payment.current.id, OWNER, world.clock.now())
    store.within(WORKSPACE).save(change, handled=parked)
    assert store.get_delivery(Account("phonepe"), parked.id) == replace(
        parked, state=DeliveryState.APPLIED, due_at=None
    )
    due = [row for shard in range(4) for row in store.list_due(Lane("phonepe", shard), "delivery", later, 9)[0]]
    assert due == []
    (row,) = (row for row in world.tables()["payment_webhook_logs"] if row["pk"]["S"].endswith(parked.id))
    assert not {"due_at", "due_shard"} & set(row)
