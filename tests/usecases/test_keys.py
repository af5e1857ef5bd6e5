"""Idempotency keys: the second caller waits, takes over, or is told when to try again."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from dev.dynamodb_model import errors
from payments.store.contract.claims import Claim, StoredAnswer
from payments.usecases.commit import TRIES
from payments.usecases.errors import InProgress, OutcomePending
from payments.usecases.payment.refresh import refresh_payment
from tests.usecases.steps import paid_at
from tests.world import WORKSPACE, World

COME_AGAIN = {"retry_after_s": 2}
FIRST = StoredAnswer(201, '{"answer": "first"}')


def killed_before_the_record(world: World) -> Claim:
    """The gateway has the order, and the caller was killed before it stored the answer; returns its claim."""

    def die(_: Any) -> None:
        raise KeyboardInterrupt

    world.client.before += [("transact_write_items", lambda _: None), ("transact_write_items", die)]
    with pytest.raises(KeyboardInterrupt):
        world.initiate()
    key = world.key("create_payment", "key-1", b"body")
    return world.ports.store.within(WORKSPACE).get_claim(key.operation, key.key_hash)


def test_who_repeats_while_another_is_at_work_gets_the_answer_as_soon_as_it_is_stored(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    claim, store = killed_before_the_record(world), world.ports.store.within(WORKSPACE)
    sleep, waits = world.clock.sleep, list[float]()

    def waiting(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == 3:
            store.close_claim(replace(claim, answer=FIRST))
        sleep(seconds)

    monkeypatch.setattr(world.clock, "sleep", waiting)
    assert world.initiate() == {"answer": "first"}
    assert len(waits) == 3
    assert world.ledger()["calls"]["status"] == 0, "nobody has to ask the gateway"


def test_a_repeat_during_the_first_request_says_when_to_try_again(world: World) -> None:
    killed_before_the_record(world)
    world.clock.sleep(23)
    before = world.clock.epoch_s()
    with pytest.raises(InProgress) as refused:
        world.initiate()
    assert refused.value.details == COME_AGAIN
    assert 6 <= world.clock.epoch_s() - before < 6.5
    assert world.clock.epoch_s() - before + 23 < 30, "a function that holds the lease may still be alive"


def test_of_two_who_find_the_first_caller_dead_one_takes_over_and_the_other_waits(world: World) -> None:
    claim, store = killed_before_the_record(world), world.ports.store.within(WORKSPACE)
    world.clock.sleep(31)

    def other_first(_: Any) -> None:
        now = world.clock.now()
        store.take_lease(claim, now, now + world.clock.lasting(30))

    world.client.before.append(("update_item", other_first))
    with pytest.raises(InProgress):
        world.initiate()
    assert world.ledger()["calls"]["status"] == 0


def test_a_request_that_took_over_gets_a_full_lease(world: World) -> None:
    killed_before_the_record(world)
    world.clock.sleep(31)
    refused = []

    def third(_: Any) -> None:
        world.clock.sleep(20)
        with pytest.raises(InProgress) as reported:
            world.initiate()
        refused.append(reported.value.details)

    world.client.before += [("transact_write_items", lambda _: None), ("transact_write_items", third)]
    assert world.initiate()["status"] == "pending"
    assert refused == [{"retry_after_s": 4}]  # The rest of the lease: 30 seconds, of which 20 and 6 have passed.


def test_of_two_answers_under_one_key_both_callers_get_the_one_that_was_stored_first() -> None:
    world, payment_id = paid_at("phonepe")
    store = world.ports.store.within(WORKSPACE)
    world.refund(payment_id, 10000, "a")  # The next one waits for its turn.

    def other_first(_: Any) -> None:
        key = world.key("refund", "b", f"{payment_id} 20000".encode())
        store.close_claim(replace(store.get_claim(key.operation, key.key_hash), answer=FIRST))

    world.client.before += [("transact_write_items", lambda _: None), ("transact_write_items", other_first)]
    assert world.refund(payment_id, 20000, "b") == {"answer": "first"}
    assert world.refund(payment_id, 20000, "b") == {"answer": "first"}


def test_an_answer_that_cannot_be_stored_is_not_given() -> None:
    world, payment_id = paid_at("phonepe")
    store = world.ports.store.within(WORKSPACE)
    world.refund(payment_id, 10000, "a")

    def conflicts(_: Any) -> None:
        raise errors.cancelled([errors.reason("TransactionConflict")])

    world.client.before += [("transact_write_items", lambda _: None), *[("transact_write_items", conflicts)] * TRIES]
    before = world.clock.epoch_s()
    with pytest.raises(InProgress) as refused:
        world.refund(payment_id, 20000, "b")
    assert refused.value.details == COME_AGAIN
    assert world.clock.epoch_s() > before, "writers that collided wait before they try again"
    key = world.key("refund", "b", f"{payment_id} 20000".encode())
    assert store.get_claim(key.operation, key.key_hash).answer is None
    world.clock.sleep(31)
    assert world.refund(payment_id, 20000, "b")["status"] in ("created", "processing")
    assert [refund.amount.minor for refund in world.refunds(payment_id)] == [10000, 20000]


def test_resuming_a_payment_that_was_just_completed_returns_it_completed(silent_world: World) -> None:
    world = silent_world
    claim = killed_before_the_record(world)
    world.payer("pay", claim.subject_id)
    world.clock.sleep(31)

    def other_first(_: Any) -> None:
        refresh_payment(claim.stream_id, world.context())

    world.client.before += [("transact_write_items", lambda _: None), ("transact_write_items", other_first)]
    assert world.initiate()["status"] == "completed"


def test_the_key_of_an_earlier_attempt_makes_no_call_about_the_later_one(silent_world: World) -> None:
    world = silent_world
    claim = killed_before_the_record(world)
    world.payer("decline", claim.subject_id)
    world.advance(61)
    refresh_payment(claim.stream_id, world.context())
    world.fault("error_before", "pay")
    with pytest.raises(OutcomePending):
        world.retry(claim.stream_id)
    request = world.ledger()["calls"]["status"]
    answer = world.initiate()
    assert (answer["payment_id"], world.ledger()["calls"]["status"]) == (claim.stream_id, request)
    assert world.timeline(claim.stream_id).count("attempt.resent") == 0
