"""The next gateway is called only when it is certain that the first one opened nothing."""

from __future__ import annotations

from contextlib import nullcontext
from datetime import timedelta
from typing import Any

import pytest

from dev.dynamodb_model import errors
from payments.domain.records.snapshot import Snapshot
from payments.domain.rules import transitions
from payments.domain.values.money import Money
from payments.domain.values.status import Failure, FailureCode, Status
from payments.domain.values.terms import CaptureMode, MethodType, Terms
from payments.gateways.contract.errors import Rejected, Unavailable
from payments.store.contract.due import SHARDS, Lane
from payments.usecases.commit import TRIES
from payments.usecases.errors import (
    AmountBelowMinimum,
    AmountOffStep,
    DuplicateOrder,
    GatewayDown,
    GatewayNotEligible,
    OutcomePending,
    UnknownGateway,
    UnsupportedByGateway,
)
from tests.world import OWNER, WORKSPACE, World, make_world

ROUTE = ("phonepe", "razorpay")


@pytest.fixture
def two() -> World:
    world = make_world(1, True, ROUTE)
    world.workspace(country="IN", gateways=ROUTE)
    return world


def gateways_of(world: World, payment_id: str) -> list[tuple[str, Status]]:
    return [(attempt.gateway, attempt.status) for attempt in world.payment(payment_id).attempts]


@pytest.mark.parametrize(("fault", "op"), [("refuse", "pay"), ("refuse", "token"), ("error_before", "token")])
def test_a_gateway_that_was_never_reached_is_passed_over(two: World, fault: str, op: str) -> None:
    two.fault(fault, op, times=-1)
    payment_id = two.initiate()["payment_id"]
    assert gateways_of(two, payment_id) == [("phonepe", Status.FAILED), ("razorpay", Status.PENDING)]
    first, second = two.payment(payment_id).attempts
    assert first.failure is not None
    assert first.failure.code is FailureCode.METHOD_UNAVAILABLE
    assert second.failed_over_from == first.id
    assert two.ledger()["orders"] == []


def test_a_gateway_that_refused_is_passed_over(two: World) -> None:
    def refuse(*_: object) -> None:
        raise Rejected("not this one", code="FORBIDDEN", words="Not enabled for you")

    two.override("phonepe", create_checkout=refuse)
    payment_id = two.initiate()["payment_id"]
    assert gateways_of(two, payment_id) == [("phonepe", Status.FAILED), ("razorpay", Status.PENDING)]
    failure = two.payment(payment_id).attempts[0].failure
    assert failure is not None
    assert (failure.code, failure.gateway_code) == (FailureCode.REJECTED, "FORBIDDEN")
    assert failure.message == "phonepe opened nothing: Not enabled for you"


@pytest.mark.parametrize("fault", ["lose_answer", "error_after", "error_before", "garbage"])
def test_a_gateway_that_may_have_acted_is_not_passed_over(two: World, fault: str) -> None:
    two.fault(fault, "pay")
    with pytest.raises(OutcomePending):
        two.initiate()
    assert two.ledger("razorpay")["orders"] == []


def test_the_same_key_is_answered_with_the_gateway_that_accepted_it(two: World) -> None:
    two.fault("refuse", "pay", times=-1)
    first = two.initiate()
    two.admin("DELETE", "/_sim/faults")
    assert two.initiate() == first
    assert two.ledger()["orders"] == []


def test_an_attempt_that_was_sent_before_is_not_passed_over(two: World) -> None:
    """The first call may still arrive."""
    two.fault("lose_answer", "pay")
    with pytest.raises(OutcomePending):
        two.initiate()
    two.sim.model.orders.by_id.clear()
    two.fault("refuse", "pay")
    two.clock.sleep(31)
    with pytest.raises(GatewayDown):
        two.initiate()
    assert len(two.payment(two_id(two)).attempts) == 1


def two_id(world: World, **order: Any) -> str:
    with pytest.raises(DuplicateOrder) as known:
        world.initiate(world.order(**order), key="other")
    return str(known.value.details["payment_id"])


def test_a_gateway_that_was_named_is_the_only_one_called(two: World) -> None:
    two.fault("refuse", "pay")
    with pytest.raises(GatewayDown):
        two.initiate(two.order(gateway="phonepe"))
    assert two.ledger("razorpay")["orders"] == []


def test_when_no_gateway_is_left_the_last_ones_answer_is_reported(two: World) -> None:
    two.fault("refuse", "pay", times=-1)
    two.fault("refuse", "pay", times=-1, at="razorpay")
    with pytest.raises(GatewayDown):
        two.initiate()
    assert [gateway for gateway, _ in gateways_of(two, two_id(two))] == ["phonepe", "razorpay"]


@pytest.mark.parametrize(
    ("route", "country", "order"),
    [
        (("razorpay", "phonepe"), "IN", {"terms": Terms(capture=CaptureMode.MANUAL)}),  # It captures at once,
        (("razorpay", "phonepe"), "IN", {"terms": Terms(MethodType.WALLET)}),  # and has no wallets,
        (("paypal", "stripe"), "US", {"amount": Money(49, "USD")}),  # its minimum is 50,
        # and this one accepts manual capture of a token's charge only.
        (("paypal", "square"), "US", {"amount": Money(49900, "USD"), "terms": Terms(capture=CaptureMode.MANUAL)}),
    ],
)
def test_a_failover_skips_a_gateway_that_cannot_serve_the_order(
    route: tuple[str, str], country: str, order: dict[str, Any]
) -> None:
    world = make_world(1, True, route)
    world.workspace(country=country, gateways=route)
    world.fault("refuse", "pay", times=-1, at=route[0])
    with pytest.raises(GatewayDown):
        world.initiate(world.order(**order))
    assert [gateway for gateway, _ in gateways_of(world, two_id(world, **order))] == [route[0]]


def test_what_went_on_to_another_gateway_is_due_in_that_ones_lanes(two: World) -> None:
    two.fault("refuse", "pay", times=-1)
    payment_id = two.initiate()["payment_id"]
    before = two.clock.now() + timedelta(days=1)
    due = {
        gateway: [
            row.stream_id
            for shard in range(SHARDS)
            for row in two.ports.store.list_due(Lane(gateway, shard), "payment", before, 10)[0]
        ]
        for gateway in ROUTE
    }
    assert due == {"phonepe": [], "razorpay": [payment_id]}


def test_what_is_paid_at_the_second_gateway_completes_the_payment(two: World) -> None:
    two.fault("refuse", "pay")
    payment_id = two.initiate()["payment_id"]
    two.payer("pay", two.payment(payment_id).current.id, at="razorpay")
    two.advance(2)
    assert two.payment(payment_id).status is Status.COMPLETED
    two.refund(payment_id, 10000)
    two.advance(10)
    two.sweep()
    assert [refund.status for refund in two.refunds(payment_id)] == [Status.COMPLETED]


def american(*route: str) -> World:
    world = make_world(1, False, route)
    world.workspace(country="US", gateways=route)
    return world


def dollars(world: World, **changes: Any) -> Any:
    return world.order(amount=Money(49900, "USD"), **changes)


def test_a_checkout_without_an_answer_is_closed_and_the_next_gateway_gets_the_order_unchanged() -> None:
    world = american("stripe", "paypal")
    world.fault("lose_answer", "pay", at="stripe")
    terms = Terms(MethodType.CARD, capture=CaptureMode.MANUAL)
    payment = world.payment(world.initiate(dollars(world, terms=terms, expires_in_s=2400))["payment_id"])
    assert gateways_of(world, payment.id) == [("stripe", Status.FAILED), ("paypal", Status.PENDING)]
    assert [order["state"] for order in world.ledger("stripe")["orders"]] != ["open"]
    first, second = payment.attempts
    assert first.failure is not None
    assert first.failure.code is FailureCode.OTHER, "the gateway refused nothing"
    assert (second.number, second.terms, second.failed_over_from) == (2, terms, first.id)
    assert second.expires_at - second.created_at == timedelta(seconds=2400)


@pytest.mark.parametrize("response", [Status.PENDING, Status.COMPLETED, None])
def test_a_checkout_that_cannot_be_closed_for_certain_is_not_passed_over(response: Status | None) -> None:
    world = american("stripe", "paypal")
    world.fault("lose_answer", "pay", at="stripe")

    def cancel(*_: object) -> Snapshot:
        if response is None:
            raise Unavailable("no answer")
        return Snapshot(response)

    world.override("stripe", cancel_payment=cancel)
    with pytest.raises(OutcomePending):
        world.initiate(dollars(world))
    assert world.ledger("paypal")["orders"] == []


def test_a_gateway_whose_secret_is_empty_is_passed_over_and_the_attempt_says_that_it_was_not_available(
    two: World,
) -> None:
    two.secrets["phonepe"] = {}
    payment_id = two.initiate()["payment_id"]
    assert gateways_of(two, payment_id) == [("phonepe", Status.FAILED), ("razorpay", Status.PENDING)]
    failure = two.payment(payment_id).attempts[0].failure
    assert (failure and failure.code) == FailureCode.METHOD_UNAVAILABLE


def test_a_failover_that_other_writers_prevent_returns_the_first_gateways_answer(two: World) -> None:
    def conflicts(_: Any) -> None:
        raise errors.cancelled([errors.reason("TransactionConflict")])

    two.fault("refuse", "pay", times=-1)
    write = "transact_write_items"
    two.client.before = [(write, lambda _: None), *[(write, conflicts)] * TRIES]
    with pytest.raises(GatewayDown):
        two.initiate()
    assert two.ledger("razorpay")["orders"] == []
    two.admin("DELETE", "/_sim/faults")
    assert two.initiate()["is_there"]


@pytest.mark.parametrize("is_lost", [False, True])
def test_who_was_slow_to_go_on_leaves_what_a_repeat_has_sent_to_the_first_gateway_meanwhile(
    two: World, is_lost: bool
) -> None:
    two.fault("refuse", "pay")

    def repeat(_: Any) -> None:
        two.clock.sleep(31)  # The slow caller's lease is over.
        if is_lost:
            two.fault("lose_answer", "pay")
        with pytest.raises(OutcomePending) if is_lost else nullcontext():
            two.initiate()

    write = "transact_write_items"
    two.client.before += [(write, lambda _: None), (write, repeat)]
    with pytest.raises(GatewayDown) as down:
        two.initiate()
    status = Status.CREATED if is_lost else Status.PENDING
    assert gateways_of(two, str(down.value.details["payment_id"])) == [("phonepe", status)]
    assert two.ledger("razorpay")["orders"] == []


def test_the_last_of_ten_attempts_goes_on_to_no_other_gateway(two: World) -> None:
    answer = two.initiate()
    payment_id = answer["payment_id"]
    for number in range(2, 10):
        two.payer("decline", answer["attempt_id"])
        two.advance(1)
        answer = two.retry(payment_id, f"retry-{number}")
    two.payer("decline", answer["attempt_id"])
    two.advance(1)
    two.fault("refuse", "pay")
    with pytest.raises(GatewayDown):
        two.retry(payment_id, "retry-10")
    assert gateways_of(two, payment_id)[-1] == ("phonepe", Status.CREATED)
    assert len(two.payment(payment_id).attempts) == 10


def test_a_retry_that_names_no_gateway_goes_to_the_one_that_was_tried_last(two: World) -> None:
    first = two.initiate(two.order(gateway="razorpay", expires_in_s=900))
    payment_id = first["payment_id"]
    payment, failure = two.payment(payment_id), Failure(FailureCode.OTHER)
    refused = transitions.refused(payment, payment.current.id, failure, OWNER, two.clock.now())
    assert refused is not None
    two.ports.store.within(WORKSPACE).save(refused)
    two.retry(payment_id)
    assert gateways_of(two, payment_id) == [("razorpay", Status.FAILED), ("razorpay", Status.PENDING)]


def test_an_order_no_gateway_accepts_is_refused_before_anything_is_stored(two: World) -> None:
    for changes, error in (
        ({"amount": Money(1000, "KWD")}, GatewayNotEligible),
        ({"gateway": "phonepe", "terms": Terms(MethodType.EMI)}, GatewayNotEligible),
        ({"gateway": "stripe"}, UnknownGateway),
        ({"terms": Terms(source_token="pm_1")}, UnsupportedByGateway),
        ({"gateway": "phonepe", "terms": Terms(capture=CaptureMode.MANUAL)}, UnsupportedByGateway),
        ({"gateway": "phonepe", "amount": Money(99, "INR")}, AmountBelowMinimum),
    ):
        with pytest.raises(error):
            two.initiate(two.order(**changes))
    assert two.tables()["payment_transactions"] == []


def test_an_ineligible_choice_names_those_that_may(two: World) -> None:
    with pytest.raises(
        GatewayNotEligible, match="INR by wallet for a merchant in IN; send gateway razorpay"
    ) as refused:
        two.initiate(two.order(gateway="phonepe", terms=Terms(MethodType.WALLET)))
    assert refused.value.details == {"gateways": ["razorpay"], "currency": "INR", "country": "IN"}
    two.workspace(country="US")
    with pytest.raises(GatewayNotEligible) as refused:
        two.initiate()
    assert refused.value.details["gateways"] == []


def test_if_no_gateway_can_the_first_ones_reason_and_limits_are_reported(two: World) -> None:
    with pytest.raises(AmountBelowMinimum, match="phonepe takes at least 100") as small:
        two.initiate(two.order(minor=99))
    assert small.value.details == {"minimum": 100}
    with pytest.raises(UnknownGateway) as unknown:
        two.initiate(two.order(gateway="stripe"))
    assert unknown.value.details == {"gateways": ["phonepe", "razorpay"]}
    world = american("paypal")
    with pytest.raises(AmountOffStep) as uneven:
        world.initiate(world.order(gateway="paypal", amount=Money(105050, "HUF")))
    assert uneven.value.details == {"step": 100}


def test_the_first_of_the_list_that_can_do_it_is_called(two: World) -> None:
    payment_id = two.initiate(two.order(terms=Terms(MethodType.EMI)))["payment_id"]
    assert gateways_of(two, payment_id) == [("razorpay", Status.PENDING)]
    authorized = two.initiate(two.order("ORD-2", terms=Terms(capture=CaptureMode.MANUAL)), key="key-2")["payment_id"]
    assert gateways_of(two, authorized) == [("razorpay", Status.PENDING)]
