"""Safeguards that a second one would hide: here each first one works alone."""

from __future__ import annotations

from datetime import timedelta

import pytest

from gateway_simulators.phonepe.webhooks import constant_proof
from payments.domain.records.snapshot import Snapshot
from payments.domain.rules import advancing, refunding, transitions
from payments.domain.values.account import Account
from payments.domain.values.status import Status
from payments.gateways.contract.errors import OutcomeUnknown, Rejected, Unavailable
from payments.gateways.contract.webhooks import WebhookRequest
from payments.usecases.errors import OutcomePending
from payments.usecases.payment.refresh import refresh_payment
from payments.usecases.webhook.apply import apply_added
from payments.usecases.webhook.receive import receive_webhook
from tests.world import OWNER, World

PROOF = {"authorization": constant_proof("sim_user", "simPass123")}


def test_a_stream_record_that_comes_again_calls_no_gateway(silent_world: World) -> None:
    world = silent_world
    answer = world.initiate()
    world.payer("pay", answer["attempt_id"])
    body = b'{"event":"checkout.order.completed","payload":{"merchantOrderId":"%s"}}' % answer["attempt_id"].encode()
    receive_webhook(Account("phonepe"), WebhookRequest(body, PROOF), world.ports)
    (key,) = world.added()
    calls = []
    for _ in range(3):
        assert apply_added(key, world.ports) == "applied"
        calls.append(world.ledger()["calls"]["status"])
    assert calls == [1, 1, 1]
    assert world.payment(answer["payment_id"]).status == "completed"


def test_a_waiting_refund_does_not_push_out_the_one_that_is_at_the_gateway(silent_world: World) -> None:
    world = silent_world
    answer = world.initiate()
    world.payer("pay", answer["attempt_id"])
    world.clock.sleep(61)
    world.sweep()
    first, second = (world.refund(answer["payment_id"], 100, key)["refund_id"] for key in ("one", "two"))
    payment = world.payment(answer["payment_id"])
    waiting = next(refund for refund in world.refunds(payment.id) if refund.id == second)
    assert payment.current.refunding_id == first
    assert refunding.took_slot(payment, waiting, OWNER, world.clock.now()) is None


def test_the_settle_window_counts_from_the_newest_sending(silent_world: World) -> None:
    world = silent_world
    world.fault("error_before", "pay")
    with pytest.raises(OutcomePending) as pending:
        world.initiate()
    payment = world.payment(str(pending.value.details["payment_id"]))
    sent_again_at = payment.created_at + timedelta(minutes=14)
    payment = transitions.resent(payment, payment.current.id, OWNER, sent_again_at).payment

    def after(minutes: float) -> object:
        at = payment.created_at + timedelta(minutes=minutes)
        return advancing.advance(payment, payment.current.id, Snapshot(Status.CREATED), "grant", OWNER, at)

    assert after(16) is None
    assert after(30) is not None


def test_a_refusal_that_no_check_confirms_leaves_a_refund_open(silent_world: World) -> None:
    world = silent_world
    answer = world.initiate()
    world.payer("pay", answer["attempt_id"])
    world.clock.sleep(61)
    world.sweep()
    world.sim.model.refund_by_hand(answer["attempt_id"], 49_900)  # So the gateway will refuse ours,
    world.fault("error_before", "refund_status", times=-1)  # and does not answer whether it has it.
    refund = world.refund(answer["payment_id"], 100)
    assert refund["status"] == "created"
    assert world.payment(answer["payment_id"]).current.reserved_minor == 100


@pytest.mark.parametrize("answer_is", [Rejected("no"), OutcomeUnknown("lost"), Unavailable("down")])
def test_a_refusal_fails_no_refund_whatever_keeps_the_gateway_from_saying_that_it_is_not_there(
    silent_world: World, answer_is: Exception
) -> None:
    world = silent_world
    answer = world.initiate()
    world.payer("pay", answer["attempt_id"])
    world.clock.sleep(61)
    world.sweep()

    def refuse(*_: object) -> None:
        raise Rejected("not allowed", code="BAD_REQUEST")

    def fail(*_: object) -> None:
        raise answer_is

    world.override("phonepe", create_refund=refuse)
    world.override("phonepe", fetch_refund=fail)
    assert world.refund(answer["payment_id"], 100)["status"] == "created"
    assert world.payment(answer["payment_id"]).current.reserved_minor == 100


def test_a_refusal_when_sent_again_fails_a_refund_only_after_the_settle_window(silent_world: World) -> None:
    world = silent_world
    answer = world.initiate()
    world.payer("pay", answer["attempt_id"])
    world.clock.sleep(61)
    world.sweep()
    world.fault("error_before", "refund")  # The first call may still arrive.
    world.refund(answer["payment_id"], 100)
    world.sim.model.refund_by_hand(answer["attempt_id"], 49_900)
    world.clock.sleep(121)
    world.sweep()
    assert [refund.status for refund in world.refunds(answer["payment_id"])] == ["created"]
    world.clock.sleep(900)
    world.sweep()
    assert [refund.status for refund in world.refunds(answer["payment_id"])] == ["failed"]


@pytest.mark.parametrize("between", ["nothing", "a refund, while the sweep was late"])
def test_the_sweep_checks_a_paid_order_once_more_after_its_expiry(silent_world: World, between: str) -> None:
    world = silent_world
    answer = world.initiate()
    world.fault("double_pay", "pay")
    world.payer("pay", answer["attempt_id"])
    refresh_payment(answer["payment_id"], world.context())
    assert (world.payment(answer["payment_id"]).status, world.payment(answer["payment_id"]).review_kind) == (
        "completed",
        None,
    )
    world.advance(2)  # The second debit.
    world.advance(2_200)
    if between != "nothing":
        world.refund(answer["payment_id"], 10_000)
    world.sweep()
    assert world.payment(answer["payment_id"]).review_kind == "amount"
    assert world.payment(answer["payment_id"]).due_at is None


def test_a_payment_is_due_when_the_first_of_its_attempts_is(silent_world: World) -> None:
    world = silent_world
    answer = world.initiate()
    world.payer("decline", answer["attempt_id"])
    world.clock.sleep(61)
    world.sweep()
    world.retry(answer["payment_id"])
    payment, now = world.payment(answer["payment_id"]), world.clock.now()
    looks = [attempt.next_check_at(now) for attempt in payment.attempts]
    assert len({*looks}) == 2
    assert payment.next_due(now) == min(check for check in looks if check)
