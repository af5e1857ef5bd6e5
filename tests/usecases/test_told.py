"""What a commit reports of the change that it wrote: each event's metric and log line, and each opened case."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from payments.domain.change import Change
from payments.domain.records.case import Case, CaseKind
from payments.domain.records.event import Why
from payments.domain.records.payment import Payment
from payments.domain.rules.transitions import outcome_unknown
from payments.usecases.commit import commit
from tests.usecases.steps import opened_at
from tests.world import WORKSPACE, World

WHY = Why("user:someone", "refresh")
METRICS = {
    "payment.created": "PaymentCreated",
    "payment.under_review": "AmountMismatch",
    "attempt.completed": "PaymentCompleted",
    "attempt.failed": "PaymentFailed",
    "attempt.cancelled": "PaymentCancelled",
    "attempt.expired": "PaymentExpired",
    "attempt.capture_denied": "MoneyReversed",
    "refund.imported": "MoneyReversed",
    "refund.returned": "RefundReturned",
    "refund.completed": "RefundCompleted",
    "refund.failed": "RefundFailed",
    "dispute.opened": "DisputeOpened",
    "dispute.action_required": "DisputeOpened",
    "dispute.lost": "DisputeLost",
}
UNCOUNTED = ("attempt.resent", "attempt.in_progress", "refund.created", "dispute.won")


@pytest.fixture
def world() -> World:
    world, _ = opened_at("phonepe")
    world.metrics.clear()
    return world


def the_payment(world: World) -> Payment:
    return world.ports.store.within(WORKSPACE).get_payment_by_order("ORD-1")


def written(world: World, kind: str, *records: Case, is_late: bool = False) -> Change:

    def decide(read: Payment) -> Change:
        live = replace(read.current, is_late=is_late)
        change = outcome_unknown(read.with_attempt(live), live.id, WHY, world.clock.now())
        (event,) = change.events
        event = replace(event, kind=kind, from_status="pending", to_status="created")
        return replace(change, events=(event,), records=records)

    return commit(world.context(), lambda: the_payment(world), decide).written


@pytest.mark.parametrize(("kind", "metric"), [*METRICS.items(), *((kind, "") for kind in UNCOUNTED)])
def test_an_event_counts_for_its_metric_and_no_other(world: World, kind: str, metric: str) -> None:
    written(world, kind)
    assert world.metrics == ({metric: 1} if metric else {})


@pytest.mark.parametrize(("kind", "number"), [("attempt.completed", 1), ("attempt.failed", 0)])
def test_money_is_late_success_where_it_completed_what_had_ended(world: World, kind: str, number: int) -> None:
    written(world, kind, is_late=True)
    assert world.metrics["LateSuccess"] == number


def test_an_event_is_one_line_with_its_ids_states_and_cause(world: World) -> None:
    world.log.clear()
    payment = written(world, "attempt.failed").payment
    assert world.log == [
        {
            "message": "attempt.failed",
            "workspace_id": WORKSPACE,
            "payment_id": payment.id,
            "subject_id": payment.current.id,
            "from_status": "pending",
            "to_status": "created",
            "actor": WHY.actor,
            "cause": WHY.cause,
        }
    ]


def test_only_cases_that_a_change_opens_are_counted(world: World) -> None:
    now, payment_id = world.clock.now(), the_payment(world).id
    opened = Case(CaseKind.REFUND_MISMATCH, "1", WORKSPACE, now, "", payment_id)
    records = (
        opened,
        replace(opened, subject_id="2"),
        replace(opened, subject_id="3", decided_at=now),
        replace(opened, subject_id="4", opened_at=now - timedelta(minutes=1)),
        replace(opened, subject_id="5", kind=CaseKind.AUTHORIZATION_LAPSING),
    )
    written(world, "attempt.resent", *records)
    assert world.metrics == {"CaseOpened": 2}


def test_nothing_is_reported_of_what_was_not_written(world: World) -> None:
    world.log.clear()
    done = commit(world.context(), lambda: the_payment(world), lambda read: None)
    assert (done.change, world.metrics, world.log) == (None, {}, [])
    with pytest.raises(ValueError, match="nothing was decided"):
        _ = done.written
