"""A payer who approves late, or beside another attempt: what is captured, voided, or not even requested."""

from __future__ import annotations

import json
from collections import Counter

import pytest

from payments.domain.records.snapshot import Snapshot
from payments.domain.values.money import Money
from payments.domain.values.status import FailureCode, Status
from payments.domain.values.terms import CaptureMode, Terms
from payments.gateways.registry import GATEWAYS
from payments.gateways.transport.reporting import AnsweredCall
from payments.usecases.errors import GatewayDown
from payments.usecases.payment.capture import capture_payment
from payments.usecases.payment.refresh import refresh_payment
from payments.usecases.payment.retry import RetryOptions, retry_payment
from payments.usecases.payment.sync import sync_attempt
from tests.usecases.steps import AMOUNT, REFRESH, authorized_at, opened_at, swept
from tests.world import World, make_world

HOUR_S = 3600


def calls_of(world: World) -> Counter[str]:
    """The operations that gateways answer from now on."""
    calls: Counter[str] = Counter()

    def note(call: AnsweredCall) -> None:
        calls[call.operation] += 1

    world.on_answered = note
    return calls


def agreed_late(late_success: str, hours_late: float = 0, *, manual: bool = False) -> tuple[World, str]:
    """At PayPal, whose orders stay open for hours: the payer approves after our time limit."""
    world, answer = opened_at("paypal", manual=manual)
    world.workspace(late_success=late_success)
    world.advance(1500)
    world.sweep()
    assert world.payment(answer["payment_id"]).status is Status.EXPIRED
    world.advance(hours_late * HOUR_S)
    world.payer("pay", answer["attempt_id"], at="paypal")
    return world, answer["payment_id"]


@pytest.mark.parametrize(
    ("late_success", "status", "captured"),
    [("grant", Status.COMPLETED, AMOUNT), ("refund", Status.EXPIRED, 0), ("review", Status.EXPIRED, 0)],
)
def test_what_is_approved_after_the_time_limit_is_captured_only_where_the_workspace_grants_it(
    late_success: str, status: Status, captured: int
) -> None:
    world, payment_id = agreed_late(late_success)
    for _ in range(8):
        world.advance(HOUR_S)
        world.sweep()
    assert world.payment(payment_id).status is status
    assert sum(one["amount"] for one in world.ledger("paypal")["captures"]) == captured


def test_what_was_to_be_captured_later_is_not_even_authorized_once_the_attempt_has_ended() -> None:
    world, payment_id = agreed_late("grant", manual=True)
    calls = calls_of(world)
    for _ in range(4):
        world.advance(HOUR_S)
        world.sweep()
    assert (calls["authorize_payment"], calls["fetch_payment"] > 0) == (0, True)
    assert world.payment(payment_id).status is Status.EXPIRED


def retried(first: str, second: str, *, manual: bool = False) -> tuple[World, str, str]:
    """The attempt at `first` has ended and will be paid late; the one at `second` is open. Both ids come last."""
    world = make_world(1, False, (first, second))
    world.workspace(country="US", gateways=[first, second])
    world.flow.accepts = False
    world.fault("late_success", "pay", at=first)
    terms = Terms(capture=CaptureMode.MANUAL if manual else CaptureMode.AUTO)
    answer = world.initiate(world.order(gateway=first, amount=Money(AMOUNT, "USD"), terms=terms))
    world.advance(1500)
    world.sweep()
    workspace, key = world.read_workspace(), world.key("retry", "r1", b"")
    reply = retry_payment(workspace, answer["payment_id"], RetryOptions(second), key, world.context())
    return world, answer["payment_id"], json.loads(reply.body)["attempt_id"]


def test_what_is_approved_once_another_attempt_has_paid_is_not_captured() -> None:
    world, payment_id, second_id = retried("stripe", "paypal")
    world.advance(60)
    first_id = world.payment(payment_id).attempts[0].id
    sync_attempt(payment_id, first_id, world.context(REFRESH))
    world.payer("pay", second_id, at="paypal")
    swept(world, 3)
    payment = world.payment(payment_id)
    assert (payment.winning_attempt_id, payment.current.status.is_dead) == (first_id, True)
    assert (world.ledger("paypal")["captures"], world.refunds(payment_id)) == ([], [])


def test_a_repeated_capture_of_an_order_that_another_attempt_paid_is_answered_as_captured() -> None:
    world, payment_id, second_id = retried("stripe", "paypal")
    world.advance(60)
    first_id = world.payment(payment_id).attempts[0].id
    sync_attempt(payment_id, first_id, world.context(REFRESH))
    swept(world, 30)
    assert world.payment(payment_id).attempt(second_id).status.is_dead
    assert capture_payment(payment_id, AMOUNT, world.context()).winning_attempt_id == first_id


def test_a_capture_that_could_not_be_sent_is_voided_once_another_attempt_has_paid() -> None:
    world, payment_id, second_id = retried("paypal", "stripe", manual=True)
    world.payer("pay", second_id, at="stripe")
    world.advance(5)
    refresh_payment(payment_id, world.context(REFRESH))
    world.fault("refuse", "*", times=-1, at="stripe")
    with pytest.raises(GatewayDown):
        capture_payment(payment_id, None, world.context())
    for _ in range(8):
        world.advance(HOUR_S)
        world.sweep()
    assert world.payment(payment_id).winning_attempt_id not in ("", second_id)
    world.admin("DELETE", "/_sim/faults", at="stripe")
    for _ in range(24):
        world.advance(HOUR_S)
        world.sweep()
    assert world.ledger("stripe")["captures"] == []
    (order,) = (order for order in world.ledger("stripe")["orders"] if order["id"] == second_id)
    assert (order["state"], order["authorized"]) == ("cancelled", 0)
    assert world.payment(payment_id).attempt(second_id).status is Status.EXPIRED


def test_a_capture_that_could_not_be_sent_is_not_sent_once_another_attempt_has_paid_in_the_same_minute() -> None:
    world, payment_id, second_id = retried("paypal", "stripe", manual=True)
    world.payer("pay", second_id, at="stripe")
    world.advance(5)
    refresh_payment(payment_id, world.context(REFRESH))
    world.advance(8 * HOUR_S)
    world.fault("refuse", "*", times=-1, at="stripe")
    with pytest.raises(GatewayDown):
        capture_payment(payment_id, None, world.context())
    world.admin("DELETE", "/_sim/faults", at="stripe")
    first_id = world.payment(payment_id).attempts[0].id
    sync_attempt(payment_id, first_id, world.context(REFRESH))
    assert world.payment(payment_id).winning_attempt_id == first_id
    sync_attempt(payment_id, second_id, world.context(REFRESH))
    assert world.ledger("stripe")["captures"] == []


@pytest.mark.parametrize(
    ("gateway", "manual"),
    [(name, False) for name in GATEWAYS] + [(name, True) for name in ("stripe", "paypal", "razorpay")],
)
def test_what_is_not_paid_yet_is_only_checked(gateway: str, manual: bool) -> None:
    world, answer = opened_at(gateway, manual=manual)
    calls = calls_of(world)
    swept(world, 5)
    assert (set(calls), world.payment(answer["payment_id"]).status) == ({"fetch_payment"}, Status.PENDING)


@pytest.mark.parametrize("gateway", GATEWAYS)
def test_what_was_paid_in_time_and_is_seen_after_it_is_captured_and_not_voided(gateway: str) -> None:
    world, answer = opened_at(gateway)
    world.payer("pay", answer["attempt_id"], at=gateway)
    world.advance(1500)
    calls = calls_of(world)
    world.sweep()
    payment = world.payment(answer["payment_id"])
    assert (payment.status, payment.current.captured_minor, payment.current.is_late) == (
        Status.COMPLETED,
        AMOUNT,
        False,
    )
    assert calls["cancel_payment"] == 0


def test_who_pays_while_an_order_is_being_closed_for_its_age_has_paid() -> None:
    world, answer = opened_at("stripe")
    world.advance(1500)

    def pay(call: AnsweredCall) -> None:
        if call.operation == "fetch_payment":
            world.payer("pay", answer["attempt_id"], at="stripe")

    world.on_answered = pay
    world.sweep()
    payment = world.payment(answer["payment_id"])
    assert (payment.status, payment.current.captured_minor, payment.failure) == (Status.COMPLETED, AMOUNT, None)


def test_an_order_that_was_closed_for_its_age_says_so() -> None:
    world, answer = opened_at("stripe")
    world.advance(1500)
    world.sweep()
    live = world.payment(answer["payment_id"]).current
    assert (live.status, live.failure and live.failure.code) == (Status.EXPIRED, FailureCode.EXPIRED)


def test_under_review_nothing_is_captured_though_the_next_answer_is_right() -> None:
    world, answer = opened_at("paypal")
    world.payer("pay", answer["attempt_id"], at="paypal")
    world.fault("wrong_amount", "status", at="paypal")
    calls = calls_of(world)
    for _ in range(2):
        sync_attempt(answer["payment_id"], answer["attempt_id"], world.context(REFRESH))
    assert (world.payment(answer["payment_id"]).review_kind, dict(calls)) == ("amount", {"fetch_payment": 2})


@pytest.mark.parametrize("gateway", ["stripe", "paypal"])
def test_what_is_completed_is_not_captured_again_though_the_gateway_shows_it_as_authorized(gateway: str) -> None:
    world, payment_id = authorized_at(gateway)
    capture_payment(payment_id, None, world.context())
    attempt = world.payment(payment_id).current
    stale = Snapshot(Status.AUTHORIZED, attempt.amount, attempt.payment_ref)
    world.override(gateway, fetch_payment=lambda attempt: stale)
    calls = calls_of(world)
    sync_attempt(payment_id, attempt.id, world.context(REFRESH))
    assert (calls["capture_payment"], calls["cancel_payment"]) == (0, 0)
    assert world.payment(payment_id).current == attempt


@pytest.mark.parametrize("gateway", ["stripe", "paypal"])
def test_money_that_is_under_way_when_the_time_is_over_is_not_voided(gateway: str) -> None:
    world, answer = opened_at(gateway)
    world.payer("wait", answer["attempt_id"], at=gateway)
    world.advance(61)
    world.sweep()
    world.advance(1500)
    calls = calls_of(world)
    swept(world, 3)
    assert (calls["fetch_payment"] > 0, calls["cancel_payment"]) == (True, 0)
    assert world.payment(answer["payment_id"]).status.is_open
