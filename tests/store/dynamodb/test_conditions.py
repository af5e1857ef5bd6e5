"""Each condition of a write matters: here it alone fails while all others hold."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from payments.domain.change import Change, unchanged
from payments.domain.records.event import Why
from payments.domain.records.payment import Payment
from payments.domain.records.refund import SYSTEM, Refund
from payments.domain.rules import importing, refunding, transitions
from payments.domain.values.account import Account
from payments.domain.values.status import Status
from payments.gateways.contract.webhooks import EventKind
from payments.store.contract.deliveries import Delivery, DeliveryState
from payments.store.contract.errors import Conflict
from payments.store.contract.payments import OrderExists
from payments.usecases.idempotency import new_claim
from tests.world import OWNER, WORKSPACE, World

PERSON = Why("user:owner", "initiate")


def paid(world: World) -> Payment:
    answer = world.initiate()
    world.payer("pay", answer["attempt_id"])
    world.advance(1)
    return world.payment(answer["payment_id"])


def refunded(world: World, payment: Payment) -> Refund:
    refund_id = world.refund(payment.id, 100)["refund_id"]
    return world.ports.store.within(WORKSPACE).get_refund(refund_id)


def refuses(world: World, change: Change) -> None:
    before = world.tables()
    with pytest.raises(Conflict):
        world.ports.store.within(WORKSPACE).save(change)
    assert world.tables() == before


def test_a_version_that_was_not_read_is_refused_though_its_event_is_new(world: World) -> None:
    ahead = replace(paid(world), version=40)
    refuses(world, transitions.outcome_unknown(ahead, ahead.current.id, OWNER, world.clock.now()))


def test_an_event_that_stands_is_refused_though_the_version_is_right(world: World) -> None:
    payment = paid(world)
    change = transitions.outcome_unknown(payment, payment.current.id, OWNER, world.clock.now())
    refuses(world, replace(change, events=(replace(change.events[0], seq=1),)))


def test_a_reservation_beyond_what_is_available_is_refused_though_the_version_is_right(world: World) -> None:
    payment = paid(world)
    template = refunded(world, payment)
    payment = world.payment(payment.id)
    richer = payment.with_attempt(replace(payment.current, captured_minor=2 * payment.current.captured_minor))
    amount = replace(template.amount, minor=payment.amount.minor)
    new_id = world.ports.ids.new("rfd_", world.clock.now())
    refund = replace(template, id=new_id, amount=amount, status=Status.CREATED, version=1)
    refuses(world, refunding.reserved(richer, refund, one_at_a_time=True, why=PERSON, at=world.clock.now()))


def test_a_refund_that_has_ended_is_not_written_over_though_the_version_is_right(world: World) -> None:
    payment = paid(world)
    refund = refunded(world, payment)
    for _ in range(20):
        world.advance(61)
        world.sweep()
    ended, payment = world.ports.store.within(WORKSPACE).get_refund(refund.id), world.payment(payment.id)
    assert ended.status is Status.COMPLETED
    change = transitions.outcome_unknown(payment, payment.current.id, OWNER, world.clock.now())
    refuses(world, replace(change, records=(replace(ended, status=Status.FAILED),)))


def test_of_two_who_take_a_lapsed_lease_at_once_one_gets_it(world: World) -> None:
    payment, store = paid(world), world.ports.store.within(WORKSPACE)
    claim = new_claim(world.key("retry", "k", b""), payment.id, payment.current.id, world.ports)
    store.save(transitions.outcome_unknown(payment, payment.current.id, OWNER, world.clock.now()), opens=claim)
    world.clock.sleep(41)
    now = world.clock.now()
    store.take_lease(claim, now, now + timedelta(seconds=30))
    with pytest.raises(Conflict):
        store.take_lease(claim, now, now + timedelta(seconds=30))


def a_delivery(now: datetime, state: DeliveryState) -> Delivery:
    return Delivery(
        id="d" * 64,
        gateway="phonepe",
        kind=EventKind.PAYMENT,
        event_type="checkout.order.completed",
        subject_id="att_1",
        event_state="COMPLETED",
        state=state,
        received_at=now,
        due_at=now,
    )


def test_an_applied_delivery_is_not_parked_again(world: World) -> None:
    store, parked = world.ports.store, a_delivery(world.clock.now(), DeliveryState.PARKED)
    store.add_delivery(replace(parked, state=DeliveryState.APPLIED, due_at=None))
    assert not store.save_delivery(parked)
    assert store.get_delivery(Account("phonepe"), parked.id).state is DeliveryState.APPLIED


@pytest.mark.parametrize(
    ("stands", "comes", "is_written"),
    [
        (DeliveryState.PARKED, DeliveryState.PARKED, True),
        (DeliveryState.AWAITING, DeliveryState.DEAD, True),
        (DeliveryState.DEAD, DeliveryState.DEAD, False),
        (DeliveryState.DEAD, DeliveryState.PARKED, False),
        # A try that was answered after another one had been given up.
        (DeliveryState.DEAD, DeliveryState.APPLIED, True),
        (DeliveryState.APPLIED, DeliveryState.APPLIED, False),
        (DeliveryState.APPLIED, DeliveryState.DEAD, False),
        (DeliveryState.IGNORED, DeliveryState.IGNORED, False),
    ],
)
def test_an_end_of_a_delivery_is_written_once(
    world: World, stands: DeliveryState, comes: DeliveryState, is_written: bool
) -> None:
    store, there = world.ports.store, a_delivery(world.clock.now(), stands)
    store.add_delivery(there)
    assert store.save_delivery(replace(there, state=comes)) is is_written
    assert store.get_delivery(Account("phonepe"), there.id).state is (comes if is_written else stands)


def test_money_that_went_back_at_the_gateway_is_booked_whatever_is_available(world: World) -> None:
    payment, store = paid(world), world.ports.store.within(WORKSPACE)
    disputed = payment.with_attempt(replace(payment.current, disputed_minor=payment.current.captured_minor))
    store.save(transitions.outcome_unknown(disputed, payment.current.id, OWNER, world.clock.now()))
    now = world.clock.now()
    refund_id, disputed = world.ports.ids.new("rfd_", now), world.payment(payment.id)
    store.save(importing.imported(unchanged(disputed), payment.current.id, refund_id, 100, now))
    assert store.get_refund(refund_id).status is Status.COMPLETED


@pytest.mark.parametrize(
    ("decided", "is_written"), [({}, False), ({"actor": SYSTEM}, True), ({"is_forced": True}, True)]
)
def test_what_the_system_or_two_persons_give_back_needs_nothing_available(
    world: World, decided: dict[str, Any], is_written: bool
) -> None:
    payment, store = paid(world), world.ports.store.within(WORKSPACE)
    template, now = refunded(world, payment), world.clock.now()
    payment = world.payment(payment.id)
    disputed = payment.with_attempt(replace(payment.current, disputed_minor=payment.current.captured_minor))
    store.save(transitions.outcome_unknown(disputed, payment.current.id, OWNER, now))
    fresh: dict[str, Any] = {"id": world.ports.ids.new("rfd_", now), "status": Status.CREATED, "version": 1}
    refund = replace(template, **fresh | decided)
    undisputed = world.payment(payment.id).with_attempt(payment.current)
    change = refunding.reserved(undisputed, refund, one_at_a_time=True, why=PERSON, at=now)
    if is_written:
        store.save(change)
        assert store.get_refund(refund.id) == change.refund
    else:
        refuses(world, change)


def test_an_excess_capture_is_refunded_though_nothing_of_a_winning_one_is_available(world: World) -> None:
    payment, store = paid(world), world.ports.store.within(WORKSPACE)
    template, now = refunded(world, payment), world.clock.now()
    excess = replace(world.payment(payment.id), winning_attempt_id="")
    store.save(transitions.outcome_unknown(excess, payment.current.id, OWNER, now))
    refund = replace(template, id=world.ports.ids.new("rfd_", now), status=Status.CREATED, version=1)
    store.save(refunding.reserved(world.payment(payment.id), refund, one_at_a_time=True, why=PERSON, at=now))
    assert store.get_refund(refund.id).amount == template.amount


def test_an_order_goes_over_only_from_the_payment_that_has_it(world: World) -> None:
    payment, now = paid(world), world.clock.now()
    named = {"id": world.ports.ids.new("pay_", now), "version": 0, "event_hash": "", "due_at": None}
    attempt = replace(payment.current, id=world.ports.ids.new("att_", now), status=Status.CREATED, captured_minor=0)
    successor = replace(payment, attempts=(attempt,), winning_attempt_id="", status=Status.CREATED, **named)  # type: ignore[arg-type]
    before = world.tables()
    store = world.ports.store.within(WORKSPACE)
    with pytest.raises(OrderExists):
        store.save(transitions.opened(replace(successor, replaces="pay_that_had_it_before"), OWNER, now))
    assert world.tables() == before


def test_a_checkpoint_that_another_writer_gave_is_not_passed(world: World) -> None:
    payment, store = paid(world), world.ports.store.within(WORKSPACE)
    store.save(transitions.outcome_unknown(payment, payment.current.id, OWNER, world.clock.now()))
    before = world.tables()
    store.pass_checkpoints(replace(payment, reconciled_at=world.clock.now() + timedelta(days=40)))
    assert world.tables() == before
