"""Refunds: reserved first, sent with one id, booked only by the gateway's answer."""

from __future__ import annotations

from typing import Any

import pytest

from dev.dynamodb_model import errors
from payments.usecases.commit import TRIES
from payments.usecases.errors import (
    InvalidState,
    PaymentNotFound,
    RefundBelowMinimum,
    RefundExceedsPayment,
    RefundWindowExpired,
)
from tests.world import World


def paid(world: World, minor: int = 49900) -> str:
    answer = world.initiate(world.order(minor=minor))
    world.payer("pay", answer["attempt_id"])
    world.advance(1)
    assert world.payment(answer["payment_id"]).status == "completed"
    return str(answer["payment_id"])


def settle(world: World, rounds: int = 20) -> None:
    for _ in range(rounds):
        world.advance(61)
        world.sweep()


def books(world: World, payment_id: str) -> tuple[int, int, int]:
    attempt = world.payment(payment_id).current
    return attempt.reserved_minor, attempt.refunded_minor, attempt.available_minor


def test_a_full_refund_is_processing_until_the_gateway_says_done(world: World) -> None:
    payment_id = paid(world)
    request = world.refund(payment_id)
    assert (request["status"], request["amount"]) == ("processing", 49900)
    assert books(world, payment_id) == (49900, 0, 0)
    world.advance(10)
    assert [refund.status for refund in world.refunds(payment_id)] == ["completed"]
    assert books(world, payment_id) == (0, 49900, 0)


def test_two_part_refunds_at_once_go_one_after_the_other(silent_world: World) -> None:
    """PhonePe accepts one refund of an order at a time: the second one waits, reserved."""
    world = silent_world
    world_paid = world.initiate()
    world.payer("pay", world_paid["attempt_id"])
    world.advance(61)
    world.sweep()
    payment_id = world_paid["payment_id"]
    first, second = world.refund(payment_id, 10000, "a"), world.refund(payment_id, 20000, "b")
    assert (first["status"], second["status"]) == ("processing", "created")
    settle(world)
    assert [refund.status for refund in world.refunds(payment_id)] == ["completed", "completed"]
    assert books(world, payment_id) == (0, 30000, 19900)
    assert sum(refund["amount"] for refund in world.ledger()["refunds"]) == 30000


def test_more_than_is_left_is_refused_with_what_is_left(world: World) -> None:
    payment_id = paid(world)
    world.refund(payment_id, 40000, "a")
    with pytest.raises(RefundExceedsPayment) as refused:
        world.refund(payment_id, 10000, "b")
    assert refused.value.details == {"available": 9900, "currency": "INR"}
    assert books(world, payment_id) == (40000, 0, 9900)


def test_the_same_key_refunds_once_even_when_nothing_is_left(world: World) -> None:
    payment_id = paid(world)
    assert world.refund(payment_id) == world.refund(payment_id)
    assert len(world.ledger()["refunds"]) == 1


@pytest.mark.parametrize("fault", ["lose_answer", "error_after", "garbage", "error_before", "refuse"])
def test_a_lost_answer_leaves_it_pending_and_the_status_finds_it(silent_world: World, fault: str) -> None:
    world = silent_world
    answer = world.initiate()
    world.payer("pay", answer["attempt_id"])
    world.advance(61)
    world.sweep()
    world.fault(fault, "refund")
    assert world.refund(answer["payment_id"], 10000)["status"] == "created"
    settle(world)
    assert [refund.status for refund in world.refunds(answer["payment_id"])] == ["completed"]
    assert [refund["amount"] for refund in world.ledger()["refunds"]] == [10000]


def test_a_refund_the_gateway_refuses_gives_its_reservation_back(world: World) -> None:
    """Its money was refunded at the dashboard meanwhile, which our books do not know."""
    payment_id = paid(world)
    attempt_id = world.payment(payment_id).current.id
    world.fault("no_webhook", "refund", times=-1)
    world.admin("POST", "/_sim/dashboard_refunds", {"order": attempt_id, "amount": 49900})
    world.advance(10)
    assert world.refund(payment_id, 10000)["status"] == "failed"
    assert books(world, payment_id) == (0, 0, 49900)


def test_refused_credentials_leave_a_refund_open(silent_world: World) -> None:
    world = silent_world
    answer = world.initiate()
    world.payer("pay", answer["attempt_id"])
    world.advance(61)
    world.sweep()
    world.fault("unauthorized", "refund", times=2)
    assert world.refund(answer["payment_id"], 10000)["status"] == "created"
    settle(world)
    assert [refund.status for refund in world.refunds(answer["payment_id"])] == ["completed"]


def test_a_refund_that_fails_later_gives_its_reservation_back(world: World) -> None:
    payment_id = paid(world)
    request = world.refund(payment_id, 10000)
    world.admin("POST", f"/_sim/refunds/{request['refund_id']}", {"act": "fail"})
    world.advance(1)
    settle(world, 3)
    assert [refund.status for refund in world.refunds(payment_id)] == ["failed"]
    assert books(world, payment_id) == (0, 0, 49900)
    assert world.refund(payment_id, 10000, "again")["status"] == "processing"


def test_a_killed_refund_is_resumed_with_the_same_id(silent_world: World) -> None:
    world = silent_world
    answer = world.initiate()
    world.payer("pay", answer["attempt_id"])
    world.advance(61)
    world.sweep()

    def die(_: Any) -> None:
        raise KeyboardInterrupt

    world.client.before += [("transact_write_items", lambda _: None), ("transact_write_items", die)]
    with pytest.raises(KeyboardInterrupt):
        world.refund(answer["payment_id"], 10000)
    settle(world)
    (refund,) = world.refunds(answer["payment_id"])
    assert refund.status == "completed"
    assert [there["id"] for there in world.ledger()["refunds"]] == [refund.id]


def test_a_refund_that_was_not_accepted_has_its_answer_at_once(world: World) -> None:
    payment_id = paid(world)
    world.fault("refuse", "refund")
    first, before = world.refund(payment_id, 10000), world.clock.now()
    assert first["status"] == "created"
    assert (world.refund(payment_id, 10000), world.clock.now()) == (first, before)


def killed(world: World, payment_id: str) -> str:
    """A refund was reserved, and its caller was killed before it was sent; returns its id."""

    def die(_: Any) -> None:
        raise KeyboardInterrupt

    world.client.before += [("transact_write_items", lambda _: None), ("transact_write_items", die)]
    world.fault("refuse", "refund")
    with pytest.raises(KeyboardInterrupt):
        world.refund(payment_id, 10000)
    world.clock.sleep(31)
    (refund,) = world.refunds(payment_id)
    return refund.id


@pytest.mark.parametrize(("trouble", "error"), [("gateway", "Unavailable"), ("writers", "Conflict")])
def test_resuming_a_refund_that_cannot_be_checked_now_returns_it_as_stored(
    silent_world: World, trouble: str, error: str
) -> None:
    world = silent_world
    answer = world.initiate()
    world.payer("pay", answer["attempt_id"])
    world.advance(61)
    world.sweep()
    refund_id = killed(world, answer["payment_id"])

    def conflicts(_: Any) -> None:
        raise errors.cancelled([errors.reason("TransactionConflict")])

    if trouble == "gateway":
        world.fault("refuse", "refund_status")
    else:
        write = "transact_write_items"
        world.client.before += [(write, lambda _: None), *[(write, conflicts)] * TRIES]
    resumed = world.refund(answer["payment_id"], 10000)
    assert (resumed["refund_id"], resumed["status"]) == (refund_id, "created")
    (line,) = [line for line in world.log if line["message"] == "refund.unsynced"]
    assert (line["refund_id"], line["error"], line["level"]) == (refund_id, error, "WARNING")
    assert world.refund(answer["payment_id"], 10000) == resumed
    settle(world)
    assert [refund["amount"] for refund in world.ledger()["refunds"]] == [10000]


def test_no_rest_is_left_that_could_not_be_refunded(world: World) -> None:
    payment_id = paid(world)
    for minor in (50, 49850):
        with pytest.raises(RefundBelowMinimum) as refused:
            world.refund(payment_id, minor)
        assert refused.value.details == {"minimum": 100, "available": 49900}


def test_only_a_completed_payment_of_this_workspace_is_refunded(world: World) -> None:
    answer = world.initiate()
    with pytest.raises(InvalidState):
        world.refund(answer["payment_id"])
    with pytest.raises(PaymentNotFound):
        world.refund("pay_01M7WKQK5WAGEP8BGF6ZM5JM03")


def test_refunds_end_with_their_window(world: World) -> None:
    payment_id = paid(world)
    world.clock.sleep(91 * 86_400)
    with pytest.raises(RefundWindowExpired, match="90 days") as refused:
        world.refund(payment_id)
    assert refused.value.details == {"days": 90}


def test_a_conflicting_writer_means_deciding_again_not_losing_an_update(world: World) -> None:
    payment_id = paid(world)
    world.client.before.append(("transact_write_items", lambda _: world.refund(payment_id, 40000, "rival")))
    with pytest.raises(RefundExceedsPayment):
        world.refund(payment_id, 20000, "late")
    assert books(world, payment_id) == (40000, 0, 9900)


def test_the_key_of_a_refund_is_stored_for_ever_and_that_of_a_payment_for_some_days(world: World) -> None:
    """The order's lock prevents a second payment for ever; for a refund only the key does."""
    world.refund(paid(world))
    rows = world.dynamo.scan(TableName="pavati-dev-idempotency_keys")["Items"]
    claims = [row for row in rows if row["sk"]["S"].startswith("CLAIM")]
    lasts = {row["subject_id"]["S"][:4]: "ttl" in row for row in claims}
    assert lasts == {"att_": True, "rfd_": False}
