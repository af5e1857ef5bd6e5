"""Claims of Idempotency-Keys: how long they last, who owns them, and that an answer is written once."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from payments.domain.change import Change
from payments.domain.records.payment import Payment
from payments.domain.rules import transitions
from payments.store.contract.claims import Claim, KeyUsed, StoredAnswer
from payments.store.contract.errors import Conflict, NotFound
from payments.store.contract.payments import OrderExists
from payments.usecases.idempotency import new_claim
from tests.world import OWNER, PREFIX, WORKSPACE, World

MOMENT = timedelta(milliseconds=1)
ANSWER = StoredAnswer(201, '{"a": 1}')


def opened(world: World) -> Payment:
    return world.payment(world.initiate()["payment_id"])


def change_of(world: World, payment: Payment) -> Change:
    return transitions.outcome_unknown(world.payment(payment.id), payment.current.id, OWNER, world.clock.now())


def a_claim(world: World, payment: Payment, operation: str = "retry", **more: Any) -> Claim:
    key = world.key(operation, "k", b"")
    return replace(new_claim(key, payment.id, payment.current.id, world.ports, secret="tok_1"), **more)


def row(world: World, claim: Claim) -> dict[str, Any]:
    (found,) = (
        item
        for item in world.dynamo.scan(TableName=f"{PREFIX}idempotency_keys")["Items"]
        if item["pk"]["S"].endswith(f"#{claim.operation}#{claim.key_hash}")
    )
    return dict(found)


def test_a_key_is_anothers_for_seven_days_and_free_after_them_though_its_row_is_still_there(world: World) -> None:
    payment, store = opened(world), world.ports.store.within(WORKSPACE)
    first, at = a_claim(world, payment), world.clock.now()
    store.save(change_of(world, payment), opens=first)
    assert row(world, first)["ttl"] == {"N": str(int((at + timedelta(days=7)).timestamp()))}
    world.clock.sleep(7 * 86_400)
    with pytest.raises(KeyUsed) as captured:
        store.save(change_of(world, payment), opens=replace(first, body_hash="another"))
    assert captured.value.claim == first
    world.clock.sleep(2)
    again = replace(first, body_hash="another", lease_until=world.clock.now())
    store.save(change_of(world, payment), opens=again)
    assert store.get_claim(first.operation, first.key_hash) == again


def test_a_key_that_is_permanent_for_ever_is_never_free(world: World) -> None:
    payment, store = opened(world), world.ports.store.within(WORKSPACE)
    claim = a_claim(world, payment, is_permanent=True)
    store.save(change_of(world, payment), opens=claim)
    world.clock.sleep(1000 * 86_400)
    with pytest.raises(KeyUsed) as captured:
        store.save(change_of(world, payment), opens=claim)
    assert captured.value.claim == claim


def test_the_same_key_of_another_operation_is_another_key(world: World) -> None:
    payment, store = opened(world), world.ports.store.within(WORKSPACE)
    for operation in ("retry", "refund"):
        store.save(change_of(world, payment), opens=a_claim(world, payment, operation))
    assert store.get_claim("refund", a_claim(world, payment).key_hash).operation == "refund"


def test_a_claim_is_opened_without_an_answer(world: World) -> None:
    payment, store = opened(world), world.ports.store.within(WORKSPACE)
    claim = a_claim(world, payment)
    store.save(change_of(world, payment), opens=replace(claim, answer=ANSWER))
    assert store.get_claim(claim.operation, claim.key_hash) == claim


@pytest.mark.parametrize("is_with_a_change", [True, False])
def test_an_answer_is_written_once_and_the_first_one_stays(world: World, is_with_a_change: bool) -> None:
    payment, store = opened(world), world.ports.store.within(WORKSPACE)
    claim = a_claim(world, payment)
    store.save(change_of(world, payment), opens=claim)

    def close(claim: Claim) -> None:
        if is_with_a_change:
            store.save(change_of(world, payment), closes=claim)
        else:
            store.close_claim(claim)

    close(replace(claim, answer=ANSWER))
    before = world.tables()
    with pytest.raises(Conflict):
        close(replace(claim, answer=StoredAnswer(500, "")))
    assert store.get_claim(claim.operation, claim.key_hash).answer == ANSWER
    with pytest.raises(Conflict):  # A missing claim gets no answer.
        close(replace(claim, operation="nowhere", answer=ANSWER))
    with pytest.raises(NotFound):
        store.get_claim("nowhere", claim.key_hash)
    assert world.tables() == before


def test_a_lease_is_claimed_once_it_has_lapsed_and_never_of_a_claim_with_its_answer(world: World) -> None:
    payment, store = opened(world), world.ports.store.within(WORKSPACE)
    claim = a_claim(world, payment)
    store.save(change_of(world, payment), opens=claim)
    lasts = timedelta(seconds=30)
    for now in (claim.lease_until - MOMENT, claim.lease_until):
        with pytest.raises(Conflict):
            store.take_lease(claim, now, now + lasts)
    now = claim.lease_until + MOMENT
    assert store.take_lease(claim, now, now + lasts) == replace(claim, lease_until=now + lasts)
    store.close_claim(replace(claim, answer=ANSWER))
    with pytest.raises(Conflict):
        store.take_lease(claim, now + 2 * lasts, now + 3 * lasts)


def test_a_lease_that_was_released_is_free_at_once_and_leaves_nothing_of_a_claim_that_is_gone(world: World) -> None:
    payment, store = opened(world), world.ports.store.within(WORKSPACE)
    claim, now = a_claim(world, payment), world.clock.now()
    store.save(change_of(world, payment), opens=claim)
    store.end_lease(claim, now)
    assert store.take_lease(claim, now, claim.lease_until) == claim
    gone = replace(claim, operation="nowhere")
    store.end_lease(gone, now)
    with pytest.raises(NotFound):
        store.get_claim(gone.operation, gone.key_hash)


def test_a_used_key_is_reported_before_an_existing_order_and_an_existing_order_by_its_payment(world: World) -> None:
    """Both conditions fail when a request is repeated: the caller must get the stored answer."""
    payment, store = opened(world), world.ports.store.within(WORKSPACE)
    now = world.clock.now()
    named: dict[str, Any] = {"id": world.ports.ids.new("pay_", now), "version": 0, "event_hash": "", "due_at": None}
    twin = transitions.opened(replace(payment, **named), OWNER, now)
    claim = a_claim(world, payment)
    with pytest.raises(OrderExists) as order:
        store.save(twin, opens=claim)
    assert order.value.payment_id == payment.id
    store.save(change_of(world, payment), opens=claim)
    with pytest.raises(KeyUsed):
        store.save(twin, opens=claim)
