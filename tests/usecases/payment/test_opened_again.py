"""A retry, a repeated key, a late record: what each of them uses unchanged, and what it reads again."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from payments.domain.records.payment import Customer
from payments.domain.rules import transitions
from payments.domain.values.ids import ATTEMPT
from payments.domain.values.money import Money
from payments.domain.values.status import Status
from payments.store.contract.errors import StoreUnavailable
from payments.usecases.errors import GatewayDown, InvalidState, KeyReused, OutcomePending
from payments.usecases.payment.refresh import refresh_payment
from payments.usecases.payment.retry import RetryOptions, retry_payment
from tests.usecases.case.test_decide import silent
from tests.usecases.dispute.test_disputes_and_refunds import changed
from tests.usecases.payment.test_create import declined
from tests.usecases.payment.test_late_and_wrong import expired_then_paid, policy
from tests.usecases.steps import AMOUNT
from tests.usecases.test_keys import killed_before_the_record
from tests.world import OWNER, WORKSPACE, World


def unreachable(_: Any) -> None:
    raise EndpointConnectionError(endpoint_url="x")


def test_a_payment_keeps_its_orders_customer_and_metadata(world: World) -> None:
    customer, metadata = Customer("cus_1", "Asha"), {"cart": "17"}
    payment = world.payment(world.initiate(world.order(customer=customer, metadata=metadata))["payment_id"])
    assert (payment.customer, payment.metadata) == (customer, metadata)


def test_money_that_came_twice_for_one_attempt_is_no_try_of_its_own() -> None:
    world = silent()
    policy(world, "refund")
    payment, now = world.payment(expired_then_paid(world)), world.clock.now()
    copy_id, amount = world.ports.ids.new(ATTEMPT, now), Money(AMOUNT, "INR")
    again = transitions.paid_again(payment, payment.current, copy_id, "OM_2", amount, OWNER, now)
    world.ports.store.within(WORKSPACE).save(again)
    world.retry(payment.id)
    assert [attempt.number for attempt in world.payment(payment.id).attempts] == [1, 1, 2]


def test_a_retry_that_was_accepted_is_answered_again_where_its_gateway_may_no_longer_be_used(world: World) -> None:
    payment_id = declined(world)["payment_id"]
    answer = world.retry(payment_id)
    world.payer("decline", answer["attempt_id"])
    world.advance(61)
    world.sweep()
    assert world.payment(payment_id).status is Status.FAILED
    world.workspace(country="US")
    assert world.retry(payment_id) == answer


def test_a_retry_that_is_refused_is_answered_with_no_other_requests_reply(world: World) -> None:
    payment_id = declined(world)["payment_id"]
    world.retry(payment_id)
    other = world.key("retry", "retry-1", b"another body")
    with pytest.raises(KeyReused):
        retry_payment(world.read_workspace(), payment_id, RetryOptions(), other, world.context())


def test_money_of_an_earlier_attempt_that_won_is_why_nothing_is_retried(world: World) -> None:
    payment_id = declined(world)["payment_id"]
    world.payer("decline", world.retry(payment_id)["attempt_id"])
    world.advance(61)
    world.sweep()
    first, second = world.payment(payment_id).attempts
    changed(world, payment_id, attempts=(replace(first, captured_minor=100, written_off_minor=100), second))
    with pytest.raises(InvalidState, match="wrote off money of this payment"):
        world.retry(payment_id, "retry-2")


def test_a_write_whose_answer_was_lost_is_not_made_twice(world: World) -> None:
    world.client.after += [("transact_write_items", lambda _: None), ("transact_write_items", unreachable)]
    answer = world.initiate()
    assert (answer["is_there"], world.client.calls["transact_write_items"]) == (True, 2)
    assert world.initiate() == answer


@pytest.mark.parametrize(("left_s", "is_tried_again"), [(3.0, True), (2.9, False)])
def test_an_address_is_recorded_again_while_three_seconds_are_left(
    left_s: float, is_tried_again: bool, world: World
) -> None:
    world.ports = replace(world.ports, time_left=lambda: left_s)
    world.client.before += [("transact_write_items", lambda _: None), ("transact_write_items", unreachable)]
    if is_tried_again:
        assert world.initiate()["is_there"]
    else:
        with pytest.raises(StoreUnavailable):
            world.initiate()
    assert len(world.client.before) == 0


def test_an_answer_that_another_writer_overtook_decides_nothing(silent_world: World) -> None:
    """It belongs to an older state: what it contradicts was settled meanwhile."""
    world = silent_world
    claim = killed_before_the_record(world)
    world.payer("pay", claim.subject_id)
    world.clock.sleep(31)
    world.fault("wrong_amount", "status")

    def other_first(_: Any) -> None:
        refresh_payment(claim.stream_id, world.context())

    world.client.before += [("transact_write_items", lambda _: None), ("transact_write_items", other_first)]
    answer = world.initiate()
    assert (answer["status"], world.payment(claim.stream_id).review) == ("completed", None)


@pytest.mark.parametrize("fault", ["lose_answer", "error_before"])
def test_what_could_not_be_recorded_of_a_lost_answer_is_not_answered_as_recorded(fault: str, world: World) -> None:
    world.fault(fault, "pay")
    world.client.before += [("transact_write_items", lambda _: None), ("transact_write_items", unreachable)]
    with pytest.raises(StoreUnavailable):
        world.initiate()


def test_a_repeat_that_does_not_reach_the_gateway_says_so(world: World) -> None:
    world.fault("error_before", "pay")
    with pytest.raises(OutcomePending):
        world.initiate()
    world.clock.sleep(31)
    world.fault("refuse", "pay")
    with pytest.raises(GatewayDown) as down:
        world.initiate()
    assert world.timeline(str(down.value.details["payment_id"]))[-1] == "attempt.resent"
