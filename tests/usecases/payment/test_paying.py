from __future__ import annotations

from tests.world import World


def test_a_paid_order_completes_by_its_webhook(world: World) -> None:
    answer = world.initiate()
    world.payer("pay", answer["attempt_id"])
    world.advance(1)
    payment = world.payment(answer["payment_id"])
    assert (payment.status, payment.current.captured_minor) == ("completed", 49900)
    assert world.timeline(payment.id) == ["payment.created", "attempt.pending", "attempt.completed"]
    assert world.metrics["PaymentCompleted"] == 1


def test_the_sweep_alone_brings_a_paid_order_home(silent_world: World) -> None:
    world = silent_world
    answer = world.initiate()
    world.payer("pay", answer["attempt_id"])
    world.advance(61)
    assert world.sweep()["recovered"] == 1
    assert world.payment(answer["payment_id"]).status == "completed"


def test_a_decline_fails_with_our_code_and_theirs(world: World) -> None:
    answer = world.initiate()
    world.payer("decline", answer["attempt_id"])
    world.advance(1)
    payment = world.payment(answer["payment_id"])
    assert payment.status == "failed"
    assert payment.current.failure is not None
    assert payment.current.failure.gateway_code


def test_an_abandoned_order_expires(silent_world: World) -> None:
    world = silent_world
    answer = world.initiate()
    for _ in range(40):
        world.advance(60)
        world.sweep()
    assert world.payment(answer["payment_id"]).status == "expired"
