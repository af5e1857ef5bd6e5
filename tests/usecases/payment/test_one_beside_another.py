"""The right one of two: captures, attempts, cases, calls, gateways or shards."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from dev.histories.whole import list_cases
from payments.domain.records.case import Outcome
from payments.domain.records.payment import Attempt
from payments.domain.records.snapshot import ExtraCapture, Snapshot
from payments.domain.values.account import Account
from payments.domain.values.clock import to_text
from payments.domain.values.money import Money
from payments.domain.values.status import Status
from payments.gateways.contract.errors import Rejected
from payments.gateways.square import requests
from payments.store.contract.due import SHARDS, Lane
from payments.store.contract.errors import StoreUnavailable
from payments.usecases.case import approve as approvals
from payments.usecases.case.decide import decide_case
from payments.usecases.case.wanted import Wanted
from payments.usecases.errors import (
    AmountOffStep,
    ApprovalNotAllowed,
    DecisionNotPossible,
    GatewayRefused,
    InvalidState,
    OutcomePending,
)
from payments.usecases.payment.cancel import cancel_payment
from payments.usecases.payment.capture import capture_payment
from payments.usecases.payment.refresh import refresh_payment
from payments.usecases.payment.sync import decide_outcome
from payments.usecases.reconciliation.run import Window, reconcile
from payments.usecases.sweep import run as sweep
from payments.usecases.sweep.lanes import Leases, Line
from tests.usecases.case.test_decide import FINANCE, limited, more_returned_than_was_left, reported
from tests.usecases.disputing import judged, raised
from tests.usecases.steps import AMOUNT, REFRESH, authorized_at, opened_at, paid_at, swept, world_at
from tests.world import WORKSPACE, World, make_world

HOUR = timedelta(hours=1)


def compare(world: World) -> None:
    now = world.clock.now()
    reconcile(Window(now - HOUR, now), False, world.context())


# Captures and refunds.


def test_a_refund_that_a_lost_dispute_leaves_room_for_is_sent() -> None:
    world, payment_id = paid_at("phonepe", delivers_webhooks=True)
    world.fault("refuse", "refund", -1)
    world.refund(payment_id, 20000)
    ref = raised(world, payment_id, "phonepe", 20000, respond_in_s=9e6)
    world.admin("DELETE", "/_sim/faults")
    judged(world, ref, "lose", "phonepe")
    swept(world, 40)
    assert [one["amount"] for one in world.ledger()["refunds"]] == [20000]
    assert [refund.status for refund in world.refunds(payment_id)] == [Status.COMPLETED]
    assert world.payment(payment_id).current.available_minor == 9900


def test_a_decision_is_about_the_capture_under_review_and_not_about_an_earlier_one() -> None:
    world, answer = opened_at("razorpay")
    world.fault("double_pay", "pay", at="razorpay")
    world.payer("pay", answer["attempt_id"], at="razorpay")
    world.advance(61)
    world.sweep()
    swept(world, 3)
    fetch = world.ports.gateway(Account("razorpay")).fetch_payment

    def lying(attempt: Attempt) -> Snapshot:
        snapshot = fetch(attempt)
        return replace(
            snapshot, extra_captures=(*snapshot.extra_captures, ExtraCapture("pay_third", Money(59900, "INR")))
        )

    world.override("razorpay", fetch_payment=lying)
    compare(world)
    payment = world.payment(answer["payment_id"])
    assert payment.review
    assert payment.review.extra_ref == "pay_third"
    (case,) = list_cases(WORKSPACE, world.ports)
    decide_case(case.id, Wanted(Outcome.REFUND, "looked at"), world.context())
    payment = world.payment(payment.id)
    assert [(one.payment_ref, one.captured_minor) for one in payment.attempts if one.duplicate_of][-1] == (
        "pay_third",
        59900,
    )
    assert len({one.payment_ref for one in payment.attempts}) == 3


def test_what_an_answer_about_another_order_shows_beside_it_is_not_booked() -> None:
    world, payment_id = paid_at("razorpay")
    payment, amount = world.payment(payment_id), Money(AMOUNT, "INR")
    another = Snapshot(
        Status.COMPLETED, amount, "pay_x", subject_id="att_of_another", extra_captures=(ExtraCapture("pay_y", amount),)
    )
    change = decide_outcome(payment, payment.current, another, world.context())
    assert change
    assert (change.payment.review_kind, len(change.payment.attempts), change.refund) == ("merchant", 1, None)


@pytest.mark.parametrize("gateway", ["stripe", "paypal", "square"])
def test_a_refused_part_may_be_followed_by_the_whole_once_it_is_settled(gateway: str) -> None:
    world, payment_id = authorized_at(gateway)

    def refusing(*_: object) -> Snapshot:
        raise Rejected("no", code="NO", http_status=400)

    with world.restoring():
        world.override(gateway, capture_payment=refusing)
        with pytest.raises(GatewayRefused):
            capture_payment(payment_id, 30000, world.context())
        swept(world, 25)
        assert world.payment(payment_id).current.capture_requested_minor == 0
    assert capture_payment(payment_id, AMOUNT, world.context()).current.captured_minor == AMOUNT


@pytest.mark.parametrize("gateway", ["stripe", "paypal", "square"])
def test_after_a_capture_in_part_a_request_for_all_is_not_answered_as_if_all_were_captured(gateway: str) -> None:
    world, payment_id = authorized_at(gateway)
    capture_payment(payment_id, 30000, world.context())
    assert capture_payment(payment_id, 30000, world.context()).current.captured_minor == 30000
    with pytest.raises(InvalidState, match=r"30000 .* were captured"):
        capture_payment(payment_id, None, world.context())


@pytest.mark.parametrize("currency", ["HUF", "TWD"])
def test_an_amount_that_the_gateway_cannot_write_is_refused_before_anything_is_stored(currency: str) -> None:
    world = world_at("paypal")
    with pytest.raises(AmountOffStep, match="multiples of 100"):
        world.initiate(world.order(gateway="paypal", amount=Money(105050, currency)))
    assert world.tables()["payment_transactions"] == []
    answer = world.initiate(world.order(gateway="paypal", amount=Money(105000, currency)))
    world.payer("pay", answer["attempt_id"], at="paypal")
    world.advance(3)
    refresh_payment(answer["payment_id"], world.context(REFRESH))
    with pytest.raises(AmountOffStep):
        world.refund(answer["payment_id"], 10050)
    world.refund(answer["payment_id"], 10000, key="k2")


# Times: of the newest call, of the cancellation.


def test_an_approval_that_is_cancelled_late_ends_only_once_no_capture_can_still_arrive() -> None:
    world, answer = opened_at("paypal")
    world.payer("pay", answer["attempt_id"], at="paypal")
    world.advance(16 * 60)
    payment = cancel_payment(answer["payment_id"], "", world.context())
    assert (payment.current.status.is_open, payment.current.is_cancelling) == (True, True)
    world.advance(14 * 60)
    world.sweep()
    assert world.payment(payment.id).current.status.is_open
    world.advance(11 * 60)
    world.sweep()
    assert (world.payment(payment.id).status, world.ledger("paypal")["captures"]) == ("cancelled", [])


def test_the_search_reaches_to_the_newest_sending() -> None:
    world, answer = opened_at("square", token="cnon:card-nonce-ok")
    attempt = world.payment(answer["payment_id"]).current
    resent = replace(attempt, sent_at=attempt.created_at + HOUR)
    assert requests.to_payments_window(resent, "L", "")["end_time"] == to_text(resent.sent_at + timedelta(minutes=10))


def test_a_charge_that_is_authorized_knows_when_its_authorization_ends() -> None:
    world, answer = opened_at("stripe", manual=True, token="pm_card_visa")
    attempt = world.payment(answer["payment_id"]).current
    assert attempt.status is Status.AUTHORIZED
    assert attempt.expires_at - attempt.created_at > timedelta(days=6)
    world.advance(3600 * 2)
    swept(world, 2)
    assert list_cases(WORKSPACE, world.ports) == []


def test_an_authorization_whose_end_is_learned_later_is_warned_of_in_time() -> None:
    world, payment_id = authorized_at("stripe")
    ends_at = world.payment(payment_id).current.expires_at
    fetch = world.ports.gateway(Account("stripe")).fetch_payment
    sooner = world.clock.now() + timedelta(hours=2)
    with world.restoring():
        world.override("stripe", fetch_payment=lambda attempt: replace(fetch(attempt), authorization_expires_at=sooner))
        refresh_payment(payment_id, world.context(REFRESH))
        refresh_payment(payment_id, world.context(REFRESH))
    (case,) = list_cases(WORKSPACE, world.ports)
    assert case.kind == "authorization_lapsing"
    refresh_payment(payment_id, world.context(REFRESH))
    assert (list_cases(WORKSPACE, world.ports), world.payment(payment_id).current.expires_at) == ([], ends_at)
    world.clock.sleep((ends_at - world.clock.now()).total_seconds() - 23 * 3600)
    world.sweep()
    assert [one.kind for one in list_cases(WORKSPACE, world.ports)] == ["authorization_lapsing"]


# Approvals.


def attributed(world: World, attempt_id: str) -> Wanted:
    return Wanted(Outcome.ATTRIBUTE, "looked at", attempt_id=attempt_id)


def test_an_approval_does_not_reach_a_case_that_was_opened_anew() -> None:
    world, payment_id = more_returned_than_was_left()
    limited(world, 0)
    (case,) = list_cases(WORKSPACE, world.ports)
    wanted = attributed(world, world.payment(payment_id).current.id)
    _, approval = decide_case(case.id, wanted, world.context())
    assert approval
    world.advance(60)
    decide_case(case.id, Wanted(Outcome.NOTED, "looked at"), world.context())
    world.advance(60)
    reported(world, status=Status.COMPLETED, returned=Money(50100, "INR"))
    compare(world)
    (again,) = list_cases(WORKSPACE, world.ports)
    assert (again.id, again.amount) == (case.id, case.amount)
    with pytest.raises(ApprovalNotAllowed):
        approvals.approve(approval.id, "seen", world.context(FINANCE))


def test_another_attempt_is_another_request() -> None:
    world, _ = more_returned_than_was_left()
    limited(world, 0)
    (case,) = list_cases(WORKSPACE, world.ports)
    decide_case(case.id, attributed(world, "att_1"), world.context())
    with pytest.raises(DecisionNotPossible):
        decide_case(case.id, attributed(world, "att_2"), world.context(FINANCE))


# The sweep.


def test_gateways_take_turns() -> None:
    world = make_world(1, False, ("phonepe", "razorpay"))
    world.flow.accepts = False
    for number in range(12):
        gateway = ("phonepe", "razorpay")[number % 2]
        world.initiate(world.order(f"ORD-{number}", gateway=gateway), f"k{number}", b"%d" % number)
    world.clock.sleep(61)
    ports = world.ports
    lines = [Line(name, ports.clock.now(), Leases(ports), ports) for name in ("phonepe", "razorpay")]
    rows = [sweep._next_row(lines) for _ in range(6)]
    assert [row and row.gateway for row in rows] == ["phonepe", "razorpay"] * 3


def test_each_sweep_begins_with_another_shard() -> None:
    world = make_world(1, False)
    firsts = set()
    list_due = world.ports.store.list_due
    request: list[int] = []

    def noting(lane: Lane, *more: Any) -> Any:
        request.append(lane.shard)
        return list_due(lane, *more)

    world.override_store(list_due=noting)
    ports = world.ports
    for _ in range(SHARDS):
        world.clock.sleep(60)
        request.clear()
        Line("phonepe", ports.clock.now(), Leases(ports), ports).next_row()
        firsts.add(request[0])
    assert firsts == set(range(SHARDS))


def test_a_store_that_does_not_answer_gives_no_webhook_up() -> None:
    world, answer = opened_at("razorpay", delivers_webhooks=True)
    world.payer("pay", answer["attempt_id"], at="razorpay")

    def failing(*_: object) -> None:
        raise StoreUnavailable("no answer")

    with world.restoring():
        world.override_store(locate=failing, locate_by_ref=failing)
        world.advance(2)
        world.advance(25 * 3600)
        world.sweep()
    dead = [row for row in world.tables()["payment_webhook_logs"] if row["state"]["S"] == "dead"]
    assert dead == []
    world.advance(3600)
    world.sweep()
    assert world.payment(answer["payment_id"]).status == "completed"


def test_a_refusal_of_a_second_sending_is_no_end_while_the_first_may_still_arrive() -> None:
    world = world_at("stripe")
    world.fault("error_before", "pay", at="stripe")  # A lost answer: it may still arrive.
    order = world.order(gateway="stripe", amount=Money(49900, "USD"))
    with pytest.raises(OutcomePending):
        world.initiate(order)
    world.clock.sleep(60)
    refuses = {"fault": "error_before", "op": "pay", "times": -1, "status": 404}
    world.admin("POST", "/_sim/faults", refuses, at="stripe")
    with pytest.raises(OutcomePending):
        world.initiate(order)
    (payment,) = (
        world.ports.store.within(WORKSPACE)
        .list_payments(world.clock.now() - timedelta(days=1), world.clock.now(), 9, None, None)
        .found
    )
    assert payment.current.status is Status.CREATED
