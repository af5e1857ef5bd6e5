"""Authorizations: captured whole or in part, voided, or lapsed."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from dev.histories.settings import WORKSPACE
from dev.histories.whole import list_cases
from payments.domain.records.event import Event, Why
from payments.domain.records.snapshot import Snapshot
from payments.domain.values.account import Account
from payments.domain.values.clock import to_text
from payments.domain.values.money import Money
from payments.domain.values.status import Status
from payments.domain.values.terms import CaptureMode, Terms
from payments.gateways.contract.errors import Rejected, Unavailable
from payments.usecases.errors import (
    AmountOffStep,
    CaptureExceedsAuthorized,
    GatewayDown,
    GatewayRefused,
    InvalidState,
    OutcomePending,
    PaymentNotFound,
    UnsupportedByGateway,
)
from payments.usecases.payment.cancel import cancel_payment
from payments.usecases.payment.capture import capture_payment
from tests.usecases.steps import opened_at
from tests.world import World, make_world

AUTHORIZED_FIRST = Terms(capture=CaptureMode.MANUAL)
WHY = Why("user:owner", "capture")
CAN_AUTHORIZE = ("stripe", "paypal", "razorpay")
CURRENCY = {"razorpay": "INR", "phonepe": "INR"}


def opened(gateway: str, terms: Terms = AUTHORIZED_FIRST, delivers_webhooks: bool = True) -> tuple[World, str]:
    world = make_world(1, delivers_webhooks, (gateway,))
    currency = CURRENCY.get(gateway, "USD")
    world.workspace(country="IN" if currency == "INR" else "US", gateways=[gateway])
    answer = world.initiate(world.order(amount=Money(49900, currency), gateway=gateway, terms=terms))
    return world, str(answer["payment_id"])


def authorized(gateway: str, **more: Any) -> tuple[World, str]:
    world, payment_id = opened(gateway, **more)
    world.payer("pay", world.payment(payment_id).current.id, at=gateway)
    world.advance(5)
    if world.payment(payment_id).status is not Status.AUTHORIZED:
        world.advance(301)
        world.sweep()
    return world, payment_id


def capture(world: World, payment_id: str, minor: int | None = None) -> Any:
    return capture_payment(payment_id, minor, world.context(WHY))


def cancel(world: World, payment_id: str) -> Any:
    return cancel_payment(payment_id, "no stock", world.context(WHY))


def captured(world: World, gateway: str) -> int:
    return sum(one["amount"] for one in world.ledger(gateway)["captures"])


def events_of(world: World, payment_id: str) -> list[Event]:
    return world.ports.store.within(WORKSPACE).list_events(payment_id)


each = pytest.mark.parametrize("gateway", CAN_AUTHORIZE)


@each
def test_what_is_authorized_is_not_captured_until_it_is_captured(gateway: str) -> None:
    world, payment_id = authorized(gateway)
    assert world.payment(payment_id).status is Status.AUTHORIZED
    assert captured(world, gateway) == 0
    for _ in range(5):
        world.advance(3700)
        world.sweep()
    assert captured(world, gateway) == 0
    payment = capture(world, payment_id)
    assert (payment.status, payment.current.captured_minor) == (Status.COMPLETED, 49900)
    assert captured(world, gateway) == 49900


@each
def test_a_capture_requested_twice_captures_once(gateway: str) -> None:
    world, payment_id = authorized(gateway)
    assert capture(world, payment_id) == capture(world, payment_id)
    assert captured(world, gateway) == 49900


@pytest.mark.parametrize("gateway", ["stripe", "paypal"])
def test_a_part_is_captured_and_the_rest_is_voided(gateway: str) -> None:
    world, payment_id = authorized(gateway)
    payment = capture(world, payment_id, 30000)
    assert (payment.status, payment.current.captured_minor, payment.current.available_minor) == (
        Status.COMPLETED,
        30000,
        30000,
    )
    assert captured(world, gateway) == 30000
    assert payment.review_kind is None
    world.sweep()
    with pytest.raises(InvalidState, match="and the rest was released"):
        capture(world, payment_id, 19900)
    assert world.refund(payment_id)["amount"] == 30000


def test_where_it_is_all_or_nothing_a_part_is_refused_before_anything_is_written() -> None:
    world, payment_id = authorized("razorpay")
    before = world.payment(payment_id)
    with pytest.raises(UnsupportedByGateway):
        capture(world, payment_id, 100)
    assert world.payment(payment_id) == before


@each
def test_more_than_is_authorized_cannot_be_captured(gateway: str) -> None:
    world, payment_id = authorized(gateway)
    with pytest.raises(CaptureExceedsAuthorized) as refused:
        capture(world, payment_id, 49901)
    assert refused.value.details == {"capturable": 49900, "currency": CURRENCY.get(gateway, "USD")}
    assert captured(world, gateway) == 0


@pytest.mark.parametrize("gateway", ["stripe", "paypal"])
def test_an_authorization_that_is_voided_can_no_more_be_captured(gateway: str) -> None:
    world, payment_id = authorized(gateway)
    assert cancel(world, payment_id).status is Status.CANCELLED
    assert cancel(world, payment_id).status is Status.CANCELLED
    with pytest.raises(InvalidState):
        capture(world, payment_id)
    (request,) = [event for event in events_of(world, payment_id) if event.kind == "attempt.cancel_requested"]
    assert (request.actor, request.note) == ("user:owner", "no stock")
    assert captured(world, gateway) == 0
    assert [order["authorized"] for order in world.ledger(gateway)["orders"]] == [0]


def test_a_checkout_that_is_cancelled_can_no_more_be_paid() -> None:
    world, payment_id = opened("stripe", Terms())
    assert cancel(world, payment_id).status is Status.CANCELLED
    assert [order["state"] for order in world.ledger("stripe")["orders"]] != ["open"]


def test_who_pays_before_the_cancel_has_paid() -> None:
    world, payment_id = opened("stripe", Terms(), delivers_webhooks=False)
    world.payer("pay", world.payment(payment_id).current.id, at="stripe")
    assert cancel(world, payment_id).status is Status.COMPLETED
    assert captured(world, "stripe") == 49900


def test_what_cannot_be_cancelled_says_so() -> None:
    world, payment_id = opened("razorpay", Terms())
    with pytest.raises(UnsupportedByGateway):
        cancel(world, payment_id)


def test_a_payment_that_is_not_there_is_neither_captured_nor_cancelled(world: World) -> None:
    for act in (capture, cancel):
        with pytest.raises(PaymentNotFound):
            act(world, "pay_01JD0000000000000000000000")


def test_what_was_not_agreed_to_cannot_be_captured() -> None:
    world, payment_id = opened("stripe")
    with pytest.raises(InvalidState):
        capture(world, payment_id)


@each
def test_a_capture_whose_answer_was_lost_is_known_by_the_next_check(gateway: str) -> None:
    world, payment_id = authorized(gateway, delivers_webhooks=False)
    world.fault("lose_answer", "capture", at=gateway)
    with pytest.raises(OutcomePending) as lost:
        capture(world, payment_id)
    assert lost.value.details == {"payment_id": payment_id}
    assert world.payment(payment_id).current.capture_requested_minor == 49900
    world.advance(61)
    world.sweep()
    payment = world.payment(payment_id)
    assert (payment.status, payment.current.captured_minor, captured(world, gateway)) == (
        Status.COMPLETED,
        49900,
        49900,
    )


@each
def test_a_capture_that_never_left_is_made_by_the_sweep(gateway: str) -> None:
    world, payment_id = authorized(gateway, delivers_webhooks=False)
    world.fault("refuse", "*", times=-1, at=gateway)
    with pytest.raises(GatewayDown) as down:
        capture(world, payment_id)
    assert down.value.details == {"payment_id": payment_id}
    world.admin("DELETE", "/_sim/faults", at=gateway)
    world.advance(61)
    world.sweep()
    assert (world.payment(payment_id).status, captured(world, gateway)) == (Status.COMPLETED, 49900)


def test_capture_and_cancel_exclude_each_other() -> None:
    world, payment_id = authorized("stripe", delivers_webhooks=False)
    world.fault("refuse", "*", times=-1, at="stripe")
    with pytest.raises(GatewayDown):
        capture(world, payment_id)
    with pytest.raises(InvalidState):
        cancel(world, payment_id)
    with pytest.raises(InvalidState):
        capture(world, payment_id, 100)
    other, other_id = authorized("stripe", delivers_webhooks=False)
    other.fault("refuse", "*", times=-1, at="stripe")
    with pytest.raises(GatewayDown):
        cancel(other, other_id)
    with pytest.raises(InvalidState):
        capture(other, other_id)


def test_a_refused_capture_leaves_the_money_authorized_and_another_amount_may_be_requested() -> None:
    world, payment_id = authorized("stripe", delivers_webhooks=False)

    def refuse(*_: object) -> None:
        raise Rejected("Stripe answered 400 X: no", code="X", words="no")

    with world.restoring():
        world.override("stripe", capture_payment=refuse)
        with pytest.raises(GatewayRefused) as refused:
            capture(world, payment_id)
        with pytest.raises(InvalidState) as unsettled:
            capture(world, payment_id, 20000)
        settled_at = to_text(world.clock.now() + timedelta(minutes=15))
        response = {"gateway_code": "X", "gateway_message": "no"}
        assert refused.value.details == {"payment_id": payment_id, "settled_at": settled_at, **response}
        assert unsettled.value.details == {"status": "authorized", "settled_at": settled_at}
        world.advance(901)
        world.sweep()
    payment = world.payment(payment_id)
    assert (payment.status, payment.current.capture_requested_minor) == (Status.AUTHORIZED, 0)
    events = {event.kind: event for event in world.ports.store.within(WORKSPACE).list_events(payment_id)}
    assert events["attempt.capture_refused"].note == "the gateway refused: rejected X: no"
    assert capture(world, payment_id, 20000).current.captured_minor == 20000


@pytest.mark.parametrize("gateway", ["stripe", "paypal"])
def test_an_authorization_that_lapses_ends_the_payment(gateway: str) -> None:
    world, payment_id = authorized(gateway)
    for _ in range(31 * 4):
        world.advance(6 * 3600)
        world.sweep()
    assert world.payment(payment_id).status is Status.EXPIRED
    assert captured(world, gateway) == 0
    assert world.timeline(payment_id).count("attempt.authorization_lapsing") == 1
    assert list_cases(WORKSPACE, world.ports) == []
    with pytest.raises(InvalidState) as refused:
        capture(world, payment_id)
    assert (refused.value.details["status"], refused.value.details["failure"]) == ("expired", "expired")


@each
def test_a_day_before_an_authorization_lapses_there_is_an_event_and_a_case_that_ends_with_it(gateway: str) -> None:
    world, payment_id = authorized(gateway)
    ends_at = world.payment(payment_id).current.expires_at
    world.clock.sleep((ends_at - world.clock.now()).total_seconds() - 26 * 3600)
    for _ in range(3):
        world.advance(3600)
        world.sweep()
    (case,) = list_cases(WORKSPACE, world.ports)
    assert (case.kind, case.payment_id) == ("authorization_lapsing", payment_id)
    # A daily reminder counts as no alarm.
    assert (world.metrics["PendingOver30Min"], world.metrics["CaseOpened"]) == (0, 0)
    capture(world, payment_id)
    assert list_cases(WORKSPACE, world.ports) == []
    assert world.ports.store.within(WORKSPACE).get_case(case.id).outcome == "ended"


def test_an_authorization_says_until_when_the_gateway_guarantees_its_capture() -> None:
    world, payment_id = authorized("paypal")
    live = world.payment(payment_id).current
    assert live.honored_until is not None
    assert world.clock.now() < live.honored_until < live.expires_at


def test_a_capture_of_a_lapsed_authorization_captures_nothing_and_is_refused() -> None:
    world, payment_id = authorized("stripe", delivers_webhooks=False)
    world.clock.sleep(40 * 86_400)
    with pytest.raises(InvalidState) as refused:
        capture(world, payment_id)
    assert refused.value.details["status"] == "expired"
    assert captured(world, "stripe") == 0


def test_an_unpaid_checkout_is_closed_when_its_time_is_over() -> None:
    """Stripe's own sessions last at least half an hour; our order need not."""
    world, payment_id = opened("stripe", Terms())
    attempt = world.payment(payment_id).current
    world.advance(1200 + 125)
    world.sweep()
    assert world.payment(payment_id).status is Status.EXPIRED
    assert [order["state"] for order in world.ledger("stripe")["orders"]] != ["open"], attempt.id


def test_a_cancelled_approval_ends_only_once_no_capture_can_still_arrive() -> None:
    world, answer = opened_at("paypal")
    world.payer("pay", answer["attempt_id"], at="paypal")
    payment = cancel_payment(answer["payment_id"], "", world.context())
    assert (payment.current.status.is_open, payment.current.is_cancelling) == (True, True)
    world.advance(14 * 60)
    world.sweep()
    assert world.payment(payment.id).current.status.is_open
    world.advance(11 * 60)
    world.sweep()
    assert (world.payment(payment.id).status, world.ledger("paypal")["captures"]) == ("cancelled", [])


def test_a_capture_that_never_left_may_be_requested_again_and_is_one_request() -> None:
    world, payment_id = authorized("stripe", delivers_webhooks=False)
    world.fault("refuse", "*", times=-1, at="stripe")
    with pytest.raises(GatewayDown):
        capture(world, payment_id)
    world.admin("DELETE", "/_sim/faults", at="stripe")
    assert capture(world, payment_id).status is Status.COMPLETED
    assert (world.timeline(payment_id).count("attempt.capture_requested"), captured(world, "stripe")) == (1, 49900)


def test_a_cancellation_that_never_left_may_be_requested_again_and_is_one_request() -> None:
    world, payment_id = authorized("stripe", delivers_webhooks=False)
    world.fault("refuse", "*", times=-1, at="stripe")
    for _ in range(2):
        with pytest.raises(GatewayDown):
            cancel(world, payment_id)
    assert world.timeline(payment_id).count("attempt.cancel_requested") == 1


def test_a_part_that_the_gateway_cannot_write_is_not_captured() -> None:
    world = make_world(1, False, ("paypal",))
    world.workspace(country="US", gateways=["paypal"])
    answer = world.initiate(world.order(amount=Money(105000, "HUF"), gateway="paypal", terms=AUTHORIZED_FIRST))
    world.payer("pay", answer["attempt_id"], at="paypal")
    world.advance(301)
    world.sweep()
    before = world.payment(answer["payment_id"])
    assert before.status is Status.AUTHORIZED
    with pytest.raises(AmountOffStep, match="multiples of 100"):
        capture(world, before.id, 10050)
    assert world.payment(before.id) == before
    assert capture(world, before.id, 10000).current.captured_minor == 10000


def test_what_has_ended_is_not_cancelled_and_the_answer_says_what_to_do() -> None:
    unpaid, unpaid_id = opened("stripe", Terms())
    unpaid.advance(1500)
    unpaid.sweep()
    paid, paid_id = authorized("stripe")
    capture(paid, paid_id)
    for world, payment_id, advice in (
        (unpaid, unpaid_id, "nothing is authorized"),
        (paid, paid_id, "it is paid: refund it"),
    ):
        before = world.payment(payment_id)
        with pytest.raises(InvalidState, match=advice):
            cancel(world, payment_id)
        assert world.payment(payment_id) == before


def test_what_is_under_review_is_neither_captured_nor_cancelled() -> None:
    world, payment_id = opened("stripe", delivers_webhooks=False)
    world.payer("pay", world.payment(payment_id).current.id, at="stripe")
    world.fault("wrong_amount", "status", at="stripe")
    world.advance(301)
    world.sweep()
    for act in (capture, cancel):
        with pytest.raises(InvalidState) as refused:
            act(world, payment_id)
        assert refused.value.details["review"] == "amount"
    assert (captured(world, "stripe"), world.ledger("stripe")["calls"]["cancel"]) == (0, 0)


def test_a_capture_that_the_gateway_has_not_decided_is_no_refusal() -> None:
    world, payment_id = authorized("stripe", delivers_webhooks=False)
    gateway: Any = world.ports.gateway(Account("stripe"))
    still_authorized: Snapshot = gateway.fetch_payment(world.payment(payment_id).current)
    undecided = replace(still_authorized, status=Status.PENDING, is_in_progress=True)

    def accept(*_: object) -> Snapshot:
        world.override("stripe", fetch_payment=lambda _: undecided)
        return undecided

    world.override("stripe", capture_payment=accept)
    payment = capture(world, payment_id)
    assert (payment.current.status, payment.current.capture_requested_minor) == (Status.AUTHORIZED, 49900)


def test_a_refused_capture_of_which_the_gateway_says_no_more_is_not_reported_as_still_authorized() -> None:
    world, payment_id = authorized("stripe", delivers_webhooks=False)

    def silent(*_: object) -> Snapshot:
        raise Unavailable("no answer")

    def refuse(*_: object) -> Snapshot:
        world.override("stripe", fetch_payment=silent)
        raise Rejected("Stripe answered 400 X: no", code="X", words="no")

    world.override("stripe", capture_payment=refuse)
    payment = capture(world, payment_id)
    assert (payment.current.status, payment.current.capture_requested_minor) == (Status.AUTHORIZED, 49900)


def test_a_refusal_after_the_settle_window_names_the_time_since_when_it_is_settled() -> None:
    world, payment_id = authorized("stripe", delivers_webhooks=False)
    world.fault("refuse", "*", times=-1, at="stripe")
    with pytest.raises(GatewayDown):
        capture(world, payment_id)
    world.admin("DELETE", "/_sim/faults", at="stripe")
    world.clock.sleep(901)

    def refuse(*_: object) -> None:
        raise Rejected("Stripe answered 400 X: no", code="X", words="no")

    with world.restoring():
        world.override("stripe", capture_payment=refuse)
        with pytest.raises(GatewayRefused) as refused:
            capture(world, payment_id)
    assert str(refused.value.details["settled_at"]) < to_text(world.clock.now())
    assert capture(world, payment_id, 20000).current.captured_minor == 20000


def test_a_cancellation_of_what_was_voided_at_the_gateway_is_done_already() -> None:
    world, payment_id = authorized("stripe", delivers_webhooks=False)
    world.override("stripe", fetch_payment=lambda attempt: Snapshot(Status.CANCELLED))
    world.advance(3700)
    world.sweep()
    before = world.payment(payment_id)
    assert (before.status, before.current.is_cancelling) == (Status.CANCELLED, False)
    assert cancel(world, payment_id) == before
