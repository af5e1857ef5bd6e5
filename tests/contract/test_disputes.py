"""Every gateway that can: disputes, read, listed and accepted."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from payments.domain.records.dispute import DisputeMoney, DisputePhase, DisputeStatus
from payments.domain.values.money import Money
from payments.domain.values.status import Status
from payments.gateways.contract.disputes import CanDispute
from payments.gateways.contract.errors import OutcomeUnknown, Rejected, Unavailable
from payments.gateways.contract.webhooks import EventKind
from tests.contract.harness import Harness
from tests.contract.steps import DAY_S, events_since, name_of, paid_and_names, reported


def disputing(harness: Harness) -> CanDispute:
    assert isinstance(harness.gateway, CanDispute)
    return harness.gateway


def test_a_dispute_names_its_payment_and_the_time_to_answer(disputed: Harness) -> None:
    attempt, names = paid_and_names(disputed)
    disputed.pass_time(DAY_S)
    before = reported(disputed)
    ref = disputed.open_dispute(attempt, 10000)
    dispute = disputing(disputed).fetch_dispute(ref)
    assert (dispute.ref, dispute.amount) == (ref, Money(10000, disputed.currency))
    assert (dispute.phase, dispute.status) == (DisputePhase.CHARGEBACK, DisputeStatus.OPEN)
    assert name_of(dispute) in names
    assert dispute.opened_at is None or dispute.opened_at > attempt.created_at
    assert dispute.respond_by is None or dispute.respond_by > attempt.created_at + timedelta(days=1)
    assert dispute.reported_status
    events = [event for event in events_since(disputed, before) if event.kind is EventKind.DISPUTE]
    assert {event.subject_ref for event in events} == {ref}


def test_a_dispute_leaves_the_payment_completed(disputed: Harness) -> None:
    attempt, _ = paid_and_names(disputed)
    ref = disputed.open_dispute(attempt, attempt.amount.minor)
    for act in ("", "lose"):
        if act:
            disputed.end_dispute(ref, act)
        snapshot = disputed.gateway.fetch_payment(attempt)
        assert (snapshot.status, snapshot.amount) == (Status.COMPLETED, attempt.amount)
        assert snapshot.returned in (None, Money(0, disputed.currency))


@pytest.mark.parametrize(
    ("act", "status", "never"),
    [
        ("win", DisputeStatus.WON, DisputeMoney.DEBITED),
        ("lose", DisputeStatus.LOST, DisputeMoney.RETURNED),
    ],
)
def test_a_dispute_is_won_or_lost(disputed: Harness, act: str, status: DisputeStatus, never: DisputeMoney) -> None:
    attempt, _ = paid_and_names(disputed)
    ref = disputed.open_dispute(attempt, 10000)
    before = reported(disputed)
    disputed.end_dispute(ref, act)
    dispute = disputing(disputed).fetch_dispute(ref)
    assert dispute.status is status
    assert dispute.money is not never
    events = [event for event in events_since(disputed, before) if event.kind is EventKind.DISPUTE]
    assert {event.subject_ref for event in events} == {ref}


def test_a_dispute_accepted_twice_is_accepted_once(disputed: Harness) -> None:
    attempt, _ = paid_and_names(disputed)
    ref = disputed.open_dispute(attempt, 10000)
    disputed.fault("lose_answer", "dispute")
    with pytest.raises(OutcomeUnknown):
        disputing(disputed).accept_dispute(ref)
    for _ in range(2):
        assert disputing(disputed).accept_dispute(ref).status is DisputeStatus.LOST
    assert disputing(disputed).fetch_dispute(ref).status is DisputeStatus.LOST


def test_disputes_are_listed_by_the_time_of_their_opening(disputed: Harness) -> None:
    attempt, _ = paid_and_names(disputed)
    disputed.pass_time(DAY_S)
    ref = disputed.open_dispute(attempt, 10000)
    disputed.pass_time(60)
    opened_by = attempt.created_at + timedelta(days=1)
    assert ref in listed(disputed, opened_by - timedelta(hours=1), opened_by + timedelta(hours=1))
    assert listed(disputed, opened_by - timedelta(days=3), opened_by - timedelta(days=1)) == []


def listed(harness: Harness, since: datetime, until: datetime) -> list[str]:
    page = disputing(harness).list_disputes(since, until)
    refs = [dispute.ref for dispute in page.disputes]
    while page.next_cursor:
        page = disputing(harness).list_disputes(since, until, page.next_cursor)
        refs += [dispute.ref for dispute in page.disputes]
    return refs


def test_a_dispute_with_an_unknown_code_has_that_code(disputed: Harness) -> None:
    attempt, _ = paid_and_names(disputed)
    ref = disputed.open_dispute(attempt, 10000)
    disputed.report_code("SOMETHING_NEW")
    dispute = disputing(disputed).fetch_dispute(ref)
    assert (dispute.status, "SOMETHING_NEW" in dispute.reported_status) == (None, True)


def test_a_dispute_that_the_gateway_does_not_know_is_rejected_as_not_found(disputed: Harness) -> None:
    attempt, _ = paid_and_names(disputed)
    ref = disputed.open_dispute(attempt, 10000)
    with pytest.raises(Rejected) as raised:
        disputing(disputed).fetch_dispute(ref[:-4] + "0000")
    assert raised.value.http_status == 404


@pytest.mark.parametrize("fault", ["lose_answer", "error_after", "garbage", "refuse"])
def test_a_dispute_whose_answer_was_lost_can_be_fetched_again(disputed: Harness, fault: str) -> None:
    attempt, _ = paid_and_names(disputed)
    ref = disputed.open_dispute(attempt, 10000)
    disputed.fault(fault, "dispute")
    with pytest.raises(Unavailable):
        disputing(disputed).fetch_dispute(ref)
    assert disputing(disputed).fetch_dispute(ref).status is DisputeStatus.OPEN
