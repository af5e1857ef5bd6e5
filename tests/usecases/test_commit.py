"""One commit: what it writes, and when it reads again."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from dev.dynamodb_model import errors
from payments.domain.change import Change
from payments.domain.records.event import Why
from payments.domain.records.payment import Payment
from payments.domain.rules import transitions
from payments.domain.values.account import Account
from payments.domain.values.ids import Ids
from payments.store.contract.errors import BrokenBooks, Conflict, StoreRejected
from payments.store.contract.stores import WorkspaceStore
from payments.usecases.commit import TRIES, back_off, commit
from payments.usecases.payment.refresh import refresh_payment
from payments.usecases.reconciliation.run import Window, reconcile
from payments.usecases.refund.sync import sync_refund
from tests.usecases.steps import opened_at, paid_at, swept
from tests.world import OWNER, WORKSPACE, World

SWEEP = Why("system", "sweep")


@pytest.mark.parametrize("gateway", ["razorpay", "square", "paypal", "stripe", "phonepe"])
def test_a_refund_that_a_webhook_books_during_a_reconciliation_is_booked_once(gateway: str) -> None:
    world, payment_id = paid_at(gateway)
    world.refund(payment_id, 5000, "first")
    second = world.refund(payment_id, 20000, "second")["refund_id"]
    world.advance(600)
    interrupted(
        world,
        gateway,
        5000,
        lambda: sync_refund(payment_id, second, world.context(SWEEP)),
    )
    now = world.clock.now()
    reconcile(Window(world.payment(payment_id).created_at, now), False, world.context())
    swept(world, 40)
    attempt = world.payment(payment_id).current
    assert (attempt.reserved_minor, attempt.refunded_minor, attempt.available_minor) == (0, 25000, 24900)


def test_a_refund_that_is_booked_once_the_refunds_are_listed_is_no_issue() -> None:
    world, payment_id = paid_at("phonepe")
    refund_id = world.refund(payment_id, 5000)["refund_id"]
    world.advance(600)

    def list_refunds(store: WorkspaceStore, of: str) -> Any:
        refunds = store.list_refunds(of)
        sync_refund(payment_id, refund_id, world.context(SWEEP))
        return refunds

    world.override_workspace_store(list_refunds=list_refunds)
    window = Window(world.payment(payment_id).created_at, world.clock.now())
    report = reconcile(window, False, world.context())
    assert (report["checked"], report["issues"]) == (1, [])
    assert world.payment(payment_id).current.refunded_minor == 5000


def interrupted(world: World, gateway: str, minor: int, meanwhile: Any) -> None:
    """Do something else once, while the refund of `minor` is being fetched from the gateway."""
    adapter = world.ports.gateway(Account(gateway))
    fetch, done = adapter.fetch_refund, list[bool]()

    def fetch_refund(refund: Any, attempt: Any) -> Any:
        if refund.amount.minor == minor and not done:
            done.append(True)
            meanwhile()
        return fetch(refund, attempt)

    world.override(gateway, fetch_refund=fetch_refund)


@pytest.mark.parametrize("gateway", ["razorpay", "square", "paypal", "stripe", "phonepe"])
def test_a_refund_that_is_booked_between_two_tables_of_a_batch_is_booked_once(gateway: str) -> None:
    world, payment_id = paid_at(gateway)
    refund_id = world.refund(payment_id, 10000, "first")["refund_id"]
    world.advance(600)

    def torn(request: Any) -> None:
        """The refund's table was read; then somebody else books it; then the payment's table is read."""
        tables = request["RequestItems"]
        (refunds,) = (name for name in tables if name.endswith("refunds"))
        stale = world.dynamo.batch_get_item(RequestItems={refunds: tables[refunds]})["Responses"]
        sync_refund(payment_id, refund_id, world.context(SWEEP))
        world.client.after.append(("batch_get_item", lambda answer: answer["Responses"].update(stale)))

    world.client.before.append(("batch_get_item", torn))
    sync_refund(payment_id, refund_id, world.context(SWEEP))
    attempt = world.payment(payment_id).current
    assert (attempt.reserved_minor, attempt.refunded_minor, attempt.available_minor) == (0, 10000, 39900)
    assert world.timeline(payment_id).count("refund.completed") == 1


def test_counters_that_contradict_one_another_are_not_written() -> None:
    world, payment_id = paid_at("phonepe")
    store, payment = world.ports.store.within(WORKSPACE), world.payment(payment_id)
    before = world.tables()
    for reserved, refunded in ((-1, 0), (0, 49901), (0, -1), (49900, 1)):
        broken = payment.with_attempt(replace(payment.current, reserved_minor=reserved, refunded_minor=refunded))
        with pytest.raises(BrokenBooks):
            store.save(one_event_on(world, broken))
    assert world.tables() == before


def one_event_on(world: World, payment: Payment) -> Change:
    return transitions.outcome_unknown(payment, payment.current.id, OWNER, world.clock.now())


def test_a_write_that_can_never_succeed_is_an_error_and_is_not_repeated() -> None:
    world, answer = opened_at("phonepe")
    world.payer("pay", answer["attempt_id"])
    sent: list[Any] = []

    def refuses(request: Any) -> None:
        sent.append(request)
        reasons = [errors.reason("ConditionalCheckFailed"), errors.reason("ValidationError")]
        raise errors.cancelled(reasons)

    world.client.before = [("transact_write_items", refuses)] * (TRIES + 1)
    with pytest.raises(StoreRejected, match="ValidationError"):
        refresh_payment(answer["payment_id"], world.context())
    assert len(sent) == 1


def test_other_writers_that_are_first_too_often_end_in_a_conflict() -> None:
    world, answer = opened_at("phonepe")
    world.payer("pay", answer["attempt_id"])
    sent: list[Any] = []

    def conflicts(request: Any) -> None:
        sent.append(request)
        raise errors.cancelled([errors.reason("TransactionConflict")])

    world.client.before = [("transact_write_items", conflicts)] * TRIES
    with pytest.raises(Conflict):
        refresh_payment(answer["payment_id"], world.context())
    assert len(sent) == TRIES
    assert world.payment(answer["payment_id"]).status == "pending"


def test_a_state_that_was_read_before_is_decided_on_once_and_then_read_again() -> None:
    world, answer = opened_at("phonepe")
    store, stale = world.ports.store.within(WORKSPACE), world.payment(answer["payment_id"])
    store.save(one_event_on(world, stale))
    done = commit(
        world.context(), lambda: store.get_payment(stale.id), lambda read: one_event_on(world, read), first=stale
    )
    assert (done.state.version, done.written.payment.version) == (stale.version + 1, stale.version + 2)


def test_who_collided_waits_a_growing_time_that_has_a_bound() -> None:
    world, _ = opened_at("phonepe")
    ports, waits = replace(world.ports, ids=Ids(lambda bits: 2**bits)), []
    for turn in range(TRIES):
        before = world.clock.epoch_s()
        back_off(ports, turn)
        waits.append(round(world.clock.epoch_s() - before, 3))
    assert waits == [0.025, 0.05, 0.1, 0.2, *[0.4] * (TRIES - 4)]
