"""One intent, one external id, one answer, whatever is lost."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from dev.dynamodb_model import errors
from payments.domain.records.payment import Attempt, Customer
from payments.domain.rules import transitions
from payments.domain.values import checkout_tokens
from payments.domain.values.account import Account
from payments.domain.values.money import Money
from payments.domain.values.status import Failure, FailureCode, Status
from payments.gateways.contract.payments import CheckoutDetails
from payments.store.contract.errors import StoreUnavailable
from payments.usecases.commit import TRIES
from payments.usecases.errors import (
    AmountBelowMinimum,
    DuplicateOrder,
    GatewayDown,
    GatewayNotEligible,
    GatewayRefused,
    InProgress,
    InvalidState,
    KeyReused,
    OutcomePending,
)
from payments.usecases.payment.create import initiate_payment
from payments.usecases.payment.read import get_checkout
from payments.usecases.payment.return_payer import return_payer
from tests.world import BASE_URL, OWNER, WORKSPACE, World


class Killed(BaseException):
    """The function is killed here: nothing after this point runs."""


def kill(_: Any) -> None:
    raise Killed


def test_the_same_key_and_body_give_the_same_bytes(world: World) -> None:
    def ask() -> str:
        key = world.key("create_payment", "k", b"body")
        return initiate_payment(world.order(), key, world.context()).body

    first = ask()
    assert [ask() for _ in range(3)] == [first] * 3
    assert len(world.ledger()["orders"]) == 1


def test_the_same_key_with_another_body_is_refused(world: World) -> None:
    world.initiate(body=b"one")
    with pytest.raises(KeyReused):
        world.initiate(world.order("ORD-2"), body=b"two")
    assert len(world.ledger()["orders"]) == 1


def test_the_same_order_under_another_key_names_its_payment(world: World) -> None:
    first = world.initiate()
    with pytest.raises(DuplicateOrder) as refused:
        world.initiate(key="another")
    assert refused.value.details == {"payment_id": first["payment_id"]}


def test_the_intent_is_stored_before_the_gateway_is_called(world: World) -> None:
    world.client.before.append(("transact_write_items", kill))
    with pytest.raises(Killed):
        world.initiate()
    assert world.ledger()["orders"] == []


def test_after_a_kill_between_acceptance_and_record_the_key_resumes_the_same_attempt(world: World) -> None:
    world.client.before += [("transact_write_items", lambda _: None), ("transact_write_items", kill)]
    with pytest.raises(Killed):
        world.initiate()
    with pytest.raises(InProgress):
        world.initiate()  # The killed caller's lease is still valid.
    world.clock.sleep(41)
    first, again = world.initiate(), world.initiate()
    assert first == again
    assert (first["status"], first["is_there"]) == ("pending", False)
    (order,) = world.ledger()["orders"]
    assert order["id"] == first["attempt_id"]


def test_after_a_kill_before_the_call_the_key_sends_the_same_id(world: World) -> None:
    world.client.before += [("transact_write_items", lambda _: None)]
    world.fault("refuse", "pay")
    with pytest.raises(GatewayDown):
        world.initiate()
    answer = world.initiate()
    assert answer["is_there"]
    (order,) = world.ledger()["orders"]
    assert order["id"] == answer["attempt_id"]
    assert "attempt.resent" in world.timeline(answer["payment_id"])


@pytest.mark.parametrize("fault", ["lose_answer", "error_after", "garbage"])
def test_a_lost_answer_is_pending_and_a_repeat_asks_before_it_sends(world: World, fault: str) -> None:
    world.fault(fault, "pay")
    with pytest.raises(OutcomePending) as pending:
        world.initiate()
    payment = world.payment(str(pending.value.details["payment_id"]))
    assert (payment.status, payment.current.status) == ("pending", "created")
    answer = world.initiate()
    assert answer["attempt_id"] == payment.current.id
    assert answer["status"] == "pending"
    assert [order["calls"]["pay"] for order in world.ledger()["orders"]] == [1]


def test_a_server_error_before_acting_is_unknown_and_a_repeat_sends_the_same_id(world: World) -> None:
    world.fault("error_before", "pay")
    with pytest.raises(OutcomePending):
        world.initiate()
    answer = world.initiate()
    assert answer["is_there"]
    assert len(world.ledger()["orders"]) == 1


def test_while_the_gateway_stays_silent_the_repeat_stays_unknown(world: World) -> None:
    world.fault("lose_answer", "pay")
    world.fault("error_before", "status", times=-1)
    for _ in range(3):
        with pytest.raises(OutcomePending):
            world.initiate()


def test_an_attempt_unknown_to_the_gateway_fails_after_a_while_and_no_repeat_sends_it(world: World) -> None:
    world.fault("refuse", "pay")
    with pytest.raises(GatewayDown):
        world.initiate()
    world.advance(901)
    world.sweep()
    answer = world.initiate()
    assert (answer["status"], world.payment(answer["payment_id"]).current.status) == ("failed", Status.FAILED)
    assert world.ledger()["orders"] == []


def test_of_two_who_open_the_same_order_both_get_the_answer_that_was_stored_first(world: World) -> None:
    answers = []

    def resume(_: Any) -> None:
        world.clock.sleep(31)  # The first caller's lease is over.
        answers.append(world.initiate())

    world.client.before += [("transact_write_items", lambda _: None), ("transact_write_items", resume)]
    answers.append(world.initiate())
    assert answers[0] == answers[1]
    assert not answers[0]["is_there"]


@pytest.mark.parametrize(
    ("fault", "advice"), [("refuse", "repeat with the same key"), ("unauthorized", "have them mended")]
)
def test_an_order_that_was_not_accepted_is_answered_with_what_to_do(world: World, fault: str, advice: str) -> None:
    world.fault(fault, "pay", times=2)
    with pytest.raises(GatewayDown, match=advice):
        world.initiate()


@pytest.mark.parametrize("is_carried", [True, False])
def test_the_sweep_leaves_alone_for_five_minutes_what_an_execution_polls(world: World, is_carried: bool) -> None:
    world.flow.accepts = is_carried
    payment = world.payment(world.initiate()["payment_id"])
    assert payment.current.is_carried is is_carried
    assert payment.due_at == payment.updated_at + timedelta(seconds=300 if is_carried else 60)


def test_an_order_ends_when_the_gateway_says_that_it_does(world: World) -> None:
    world.client.before.append(("transact_write_items", lambda _: world.clock.sleep(2)))  # Before it is sent.
    live = world.payment(world.initiate()["payment_id"]).current
    assert live.expires_at == live.created_at + timedelta(seconds=1202)


def test_who_has_no_time_left_does_not_wait_for_a_store_that_does_not_answer(world: World) -> None:
    def unreachable(_: Any) -> None:
        raise EndpointConnectionError(endpoint_url="x")

    world.client.before += [("transact_write_items", lambda _: None), ("transact_write_items", unreachable)]
    before = world.clock.now()
    with pytest.raises(StoreUnavailable):
        initiate_payment(
            world.order(),
            world.key("create_payment", "k", b""),
            replace(world.ports, time_left=lambda: 2.9).context(WORKSPACE, OWNER),
        )
    assert world.clock.now() == before


def test_a_definite_no_fails_the_attempt_and_answers_the_same_again(world: World) -> None:
    order = world.order(expires_in_s=100)  # PhonePe refuses orders with less than 300 seconds.
    with pytest.raises(GatewayRefused) as refused:
        world.initiate(order)
    payment = world.payment(str(refused.value.details["payment_id"]))
    assert payment.status is Status.FAILED
    world.clock.sleep(41)
    with pytest.raises(GatewayRefused):
        world.initiate(order)


def test_the_gateway_gets_payer_order_and_expiry(world: World) -> None:
    adapter: Any = world.ports.gateway(Account("phonepe"))
    create, reported = adapter.create_checkout, list[CheckoutDetails]()

    def noting(attempt: Attempt, order: CheckoutDetails) -> Any:
        reported.append(order)
        return create(attempt, order)

    world.override("phonepe", create_checkout=noting)
    customer = Customer(id="cust-1", name="Asha")
    answer = world.initiate(world.order(customer=customer, expires_in_s=900))
    token = checkout_tokens.return_token(answer["checkout_token"], WORKSPACE)
    return_url = f"{BASE_URL}/v1/checkouts/{answer['payment_id']}/return?rt={token}"
    assert reported == [CheckoutDetails(return_url, answer["payment_id"], "ORD-1", 900, customer)]


def test_a_definite_no_is_answered_at_once_however_often_the_key_comes(world: World) -> None:
    order, reported = world.order(expires_in_s=100), []
    before = world.clock.now()
    for _ in range(3):
        with pytest.raises(GatewayRefused) as refused:
            world.initiate(order)
        reported.append(refused.value.details)
    assert world.clock.now() == before, "nobody waits for a lease"
    assert reported[0] == reported[1] == reported[2]
    assert reported[0]["gateway_code"]
    assert reported[0]["gateway_message"]
    assert world.ledger()["orders"] == []


def crowded(world: World) -> None:
    """From the second transaction on, other writers always come first."""

    def conflicts(_: Any) -> None:
        raise errors.cancelled([errors.reason("TransactionConflict")])

    world.client.before = [("transact_write_items", lambda _: None), *[("transact_write_items", conflicts)] * TRIES]


def test_a_lost_answer_that_cannot_be_recorded_for_other_writers_is_pending_and_its_key_goes_on(world: World) -> None:
    world.fault("lose_answer", "pay")
    crowded(world)
    with pytest.raises(OutcomePending) as pending:
        world.initiate()
    assert world.client.before == []
    before = world.clock.now()
    answer = world.initiate()
    assert (answer["payment_id"], answer["status"]) == (pending.value.details["payment_id"], "pending")
    assert world.clock.now() == before, "nobody waits for a lease"
    assert [order["calls"]["pay"] for order in world.ledger()["orders"]] == [1]


def test_an_opened_checkout_that_cannot_be_recorded_for_other_writers_is_pending(world: World) -> None:
    crowded(world)
    with pytest.raises(OutcomePending) as pending:
        world.initiate()
    assert world.client.before == []
    payment = world.payment(str(pending.value.details["payment_id"]))
    assert (payment.current.status, [order["id"] for order in world.ledger()["orders"]]) == (
        "created",
        [payment.current.id],
    )
    world.clock.sleep(31)
    assert world.initiate()["payment_id"] == payment.id


def test_refused_credentials_end_nothing(world: World) -> None:
    """A failed rotation of credentials must not fail orders: nothing happened at the gateway."""
    world.fault("unauthorized", "pay", times=2)
    with pytest.raises(GatewayDown):
        world.initiate()
    assert world.initiate()["is_there"]


def test_an_amount_the_gateway_does_not_accept_is_refused_before_anything_is_stored(world: World) -> None:
    with pytest.raises(AmountBelowMinimum):
        world.initiate(world.order(minor=99))
    with pytest.raises(GatewayNotEligible):
        world.initiate(world.order(amount=Money(1000, "USD")))
    assert world.tables()["payment_transactions"] == []


def test_a_new_attempt_needs_the_earlier_one_dead_by_proof(world: World) -> None:
    first = world.initiate()
    with pytest.raises(InvalidState):
        world.retry(first["payment_id"])
    world.payer("decline", first["attempt_id"])
    world.advance(1)
    second = world.retry(first["payment_id"])
    assert second["attempt_id"] != first["attempt_id"]
    assert world.retry(first["payment_id"]) == second
    world.payer("pay", second["attempt_id"])
    world.advance(1)
    payment = world.payment(first["payment_id"])
    assert (payment.status, payment.winning_attempt_id) == ("completed", second["attempt_id"])


def declined(world: World, **order: Any) -> dict[str, Any]:
    """A payment whose only attempt the payer's bank declined."""
    first = world.initiate(world.order(**order))
    world.payer("decline", first["attempt_id"])
    world.advance(1)
    return first


def test_after_a_retry_the_earlier_checkout_and_its_return_address_still_work(world: World) -> None:
    """The payer may still be at the first page, or come back from it."""
    first = declined(world)
    second = world.retry(first["payment_id"])
    assert first["checkout_token"] != second["checkout_token"]
    for answer in (first, second):
        assert get_checkout(first["payment_id"], answer["checkout_token"], world.ports).id == first["payment_id"]
        token = checkout_tokens.return_token(answer["checkout_token"], WORKSPACE)
        assert return_payer(first["payment_id"], token, world.ports).endswith(first["payment_id"])


def test_a_retried_attempt_is_open_for_as_long_as_the_order_requested(world: World) -> None:
    payment_id = declined(world, expires_in_s=900)["payment_id"]
    world.fault("lose_answer", "pay")
    with pytest.raises(OutcomePending):
        world.retry(payment_id)
    live = world.payment(payment_id).current
    assert (live.number, live.expires_at - live.created_at) == (2, timedelta(seconds=900))


def test_a_payment_has_at_most_ten_attempts(world: World) -> None:
    payment_id = declined(world)["payment_id"]
    for number in range(2, 11):
        world.payer("decline", world.retry(payment_id, f"retry-{number}")["attempt_id"])
        world.advance(1)
    with pytest.raises(InvalidState, match="at most 10 attempts"):
        world.retry(payment_id, "retry-11")
    assert len(world.payment(payment_id).attempts) == 10


def test_a_store_that_does_not_answer_promises_nothing(world: World) -> None:
    def unreachable(_: Any) -> None:
        raise EndpointConnectionError(endpoint_url="x")

    world.client.before.append(("transact_write_items", unreachable))
    with pytest.raises(StoreUnavailable):
        world.initiate()
    assert world.initiate()["is_there"]


def test_a_webhook_that_overtakes_the_pay_answer_is_not_undone_by_it(world: World) -> None:
    world.fault("webhook_first", "pay")
    payment = world.payment(world.initiate()["payment_id"])
    assert (payment.status, payment.current.captured_minor) == ("completed", 49900)
    assert world.timeline(payment.id) == ["payment.created", "attempt.completed", "attempt.opened"]


def test_the_stored_answer_is_only_the_view(world: World) -> None:
    answer = world.initiate()
    claims = world.dynamo.scan(TableName="pavati-dev-idempotency_keys")["Items"]
    assert json.loads(claims[0]["answer"]["M"]["body"]["S"]) == answer


def test_an_authorized_payment_is_not_opened_again_by_its_key(world: World) -> None:
    """No payer may be sent to pay while our books and the gateway contradict each other."""
    world.fault("lose_answer", "pay")
    with pytest.raises(OutcomePending):
        world.initiate()
    world.fault("wrong_amount", "status")
    world.advance(61)
    world.sweep()
    world.clock.sleep(31)
    before = world.clock.now()
    for _ in range(2):
        with pytest.raises(InvalidState):
            world.initiate()
    assert world.clock.now() == before, "nobody waits for a lease"
    assert world.ledger()["calls"]["pay"] == 1


def test_who_resumes_sends_nothing_once_another_writer_was_first(world: World) -> None:
    world.fault("refuse", "pay")
    with pytest.raises(GatewayDown) as down:
        world.initiate()
    payment = world.payment(str(down.value.details["payment_id"]))

    def write_off(_: object) -> None:
        ended = transitions.refused(payment, payment.current.id, Failure(FailureCode.OTHER), OWNER, world.clock.now())
        assert ended is not None
        world.ports.store.within(WORKSPACE).save(ended)

    opening, resending = ("transact_write_items", lambda _: None), ("transact_write_items", write_off)
    world.client.before += [opening, resending]
    with pytest.raises(OutcomePending):
        world.initiate()
    assert world.ledger()["orders"] == []
