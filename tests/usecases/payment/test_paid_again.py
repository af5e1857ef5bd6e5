"""One order, two payments: one wins, the other is refunded automatically."""

from __future__ import annotations

import hashlib
import hmac

import pytest

from dev.histories.settings import WORKSPACE
from dev.histories.shop import OWNER
from payments.domain.records.refund import SYSTEM
from payments.domain.values.status import Status
from payments.usecases.errors import OutcomePending, ProofRefused
from payments.usecases.payment.verify import verify_payment
from tests.world import World, make_world


def razorpay(delivers_webhooks: bool = True) -> World:
    world = make_world(1, delivers_webhooks, ("razorpay",))
    world.workspace(gateways=["razorpay"])
    return world


def paid_twice(world: World) -> str:
    payment_id = str(world.initiate(world.order(gateway="razorpay"))["payment_id"])
    world.fault("double_pay", "pay", at="razorpay")
    world.payer("pay", world.payment(payment_id).current.id, at="razorpay")
    return payment_id


def ends(world: World) -> None:
    for _ in range(12):
        world.advance(300)
        world.sweep()


@pytest.mark.parametrize("delivers_webhooks", [True, False])
def test_the_second_payment_goes_back_and_the_first_wins(delivers_webhooks: bool) -> None:
    world = razorpay(delivers_webhooks)
    payment_id = paid_twice(world)
    ends(world)
    payment = world.payment(payment_id)
    excess, stored = payment.attempts
    assert (payment.status, payment.review_kind, payment.winning_attempt) == (Status.COMPLETED, None, stored)
    assert (stored.captured_minor, stored.refunded_minor, excess.captured_minor, excess.refunded_minor) == (
        49900,
        0,
        49900,
        49900,
    )
    assert excess.payment_ref not in ("", stored.payment_ref)
    (refund,) = world.refunds(payment_id)
    assert (refund.actor, refund.attempt_id, refund.status) == (SYSTEM, excess.id, Status.COMPLETED)
    (order,) = world.ledger("razorpay")["orders"]
    assert (order["captured"], order["refunded"]) == (99800, 49900)
    assert world.timeline(payment_id).count("attempt.paid_again") == 1


def test_the_winning_payment_can_still_be_refunded_in_full() -> None:
    world = razorpay()
    payment_id = paid_twice(world)
    ends(world)
    world.refund(payment_id, None)
    ends(world)
    assert world.ledger("razorpay")["orders"][0]["refunded"] == 99800
    assert [refund.status for refund in world.refunds(payment_id)] == [Status.COMPLETED] * 2


def test_a_proof_that_is_not_this_payments_is_refused_and_a_gateway_without_one_needs_none(world: World) -> None:
    ours = razorpay()
    payment_id = str(ours.initiate(ours.order(gateway="razorpay"))["payment_id"])
    forged = {"razorpay_payment_id": "pay_1", "razorpay_order_id": "order_1", "razorpay_signature": "0" * 64}
    with pytest.raises(ProofRefused):
        verify_payment(payment_id, forged, ours.ports.context(WORKSPACE, OWNER))
    assert verify_payment(world.initiate()["payment_id"], {}, world.context()).status is Status.PENDING


def test_an_order_whose_making_was_not_answered_is_known_by_its_name_once_it_is_found() -> None:
    """Razorpay's webhooks name it only by that id."""
    world = razorpay()
    world.fault("lose_answer", "pay", at="razorpay")
    with pytest.raises(OutcomePending) as pending:
        world.initiate(world.order(gateway="razorpay"))
    payment_id = str(pending.value.details["payment_id"])
    assert world.payment(payment_id).current.checkout_ref == ""
    world.advance(61)
    world.sweep()
    (order,) = world.ledger("razorpay")["orders"]
    assert world.payment(payment_id).current.checkout_ref == order["ref"]
    where = world.ports.store.locate_by_ref("razorpay", order["ref"])
    assert where is not None
    assert where.subject_id == world.payment(payment_id).current.id
    world.payer("pay", where.subject_id, at="razorpay")
    world.advance(2)
    assert world.payment(payment_id).status is Status.COMPLETED


def test_the_proof_that_the_gateways_script_gave_lets_the_payment_be_checked() -> None:
    world = razorpay(delivers_webhooks=False)
    answer = world.initiate(world.order(gateway="razorpay"))
    world.payer("pay", answer["attempt_id"], at="razorpay")
    world.advance(3)
    order_ref = world.payment(answer["payment_id"]).current.checkout_ref
    (capture,) = world.ledger("razorpay")["captures"] or [{"ref": ""}]
    signed = hmac.new(b"sim-key-secret", f"{order_ref}|{capture['ref']}".encode(), hashlib.sha256).hexdigest()
    proof = {"razorpay_payment_id": capture["ref"], "razorpay_order_id": order_ref, "razorpay_signature": signed}
    payment = verify_payment(answer["payment_id"], proof, world.context())
    assert payment.status is Status.COMPLETED
