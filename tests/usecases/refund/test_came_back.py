"""Which of several dashboard refunds has come back, and what an open case says about the next one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dev.histories.whole import list_cases
from payments.domain.change import Change
from payments.domain.records.case import Case, CaseKind
from payments.domain.records.payment import Review, ReviewKind
from payments.domain.records.refund import GATEWAY, Refund
from payments.domain.records.snapshot import Snapshot
from payments.domain.values.money import Money
from payments.domain.values.status import Status
from payments.store.contract.errors import NotFound
from tests.usecases.dispute.test_disputes_and_refunds import changed
from tests.usecases.payment.test_import_refunds import Reported, booked, reported, synced
from tests.usecases.steps import AMOUNT, opened_at, paid_at
from tests.world import WORKSPACE

__all__ = ["reported"]


def waiting(reported: Reported, minor: int) -> Case:
    now = reported.world.clock.now()
    amount = Money(minor, "USD")
    return Case(CaseKind.MONEY_RETURNED, reported.payment.id, WORKSPACE, now, "gave back", reported.payment.id, amount)


def case_of(change: Change | None) -> Case:
    assert change
    (case,) = (record for record in change.records if isinstance(record, Case))
    return case


def test_where_all_are_larger_a_part_of_the_smallest_comes_back(reported: Reported) -> None:
    for minor in (15000, 10000, 20000):
        reported.refund(minor, Status.COMPLETED, actor=GATEWAY)
    reported.counters(refunded_minor=45000)
    change = reported.total(44500)
    assert change
    parts = {(one.id, one.amount.minor) for one in change.records if isinstance(one, Refund) and one.id == "rfd_1"}
    assert parts == {("rfd_1", 9500)}


def test_where_none_is_of_that_amount_the_largest_below_it_comes_back(reported: Reported) -> None:
    for minor in (100, 300, 200):
        reported.refund(minor, Status.COMPLETED, actor=GATEWAY)
    reported.counters(refunded_minor=600)
    assert [booked(reported.total(600 - fell)).id for fell in (250, 350)] == ["rfd_2", "rfd_1"]


def test_what_goes_back_beside_what_waits_in_a_case_is_added_to_it(reported: Reported) -> None:
    reported.counters(refunded_minor=AMOUNT, unattributed_minor=1000)
    reported.case = waiting(reported, 1000)
    change = reported.total(AMOUNT + 1300)
    assert change
    assert (change.payment.current.unattributed_minor, case_of(change).amount) == (1300, Money(1300, "USD"))
    assert case_of(change).note.endswith("has left, and 1000 USD before")


def test_what_goes_back_after_such_a_case_was_decided_is_a_case_of_its_own(reported: Reported) -> None:
    reported.counters(refunded_minor=AMOUNT, unattributed_minor=1000)
    reported.case = replace(waiting(reported, 1000), decided_at=reported.world.clock.now())
    assert case_of(reported.total(AMOUNT + 1300)).amount == Money(300, "USD")


def test_two_dashboard_refunds_that_no_one_can_attribute_wait_in_one_case() -> None:
    world, payment_id = paid_at("phonepe")
    world.fault("refuse", "refund", -1)
    world.refund(payment_id)
    snapshot = Snapshot(Status.COMPLETED, Money(10000, "INR"), "FR")
    world.override("phonepe", fetch_foreign_refund=lambda ref, attempt: snapshot)
    assert [synced(world, world.payment(payment_id), ref) for ref in ("FR1", "FR2", "FR1")] == [True, True, False]
    (case,) = list_cases(WORKSPACE, world.ports)
    assert case.amount == Money(20000, "INR")
    assert world.payment(payment_id).current.foreign_refunds == ("FR1", "FR2")


def test_a_dashboard_refund_of_what_is_not_known_as_paid_is_tried_again_beside_a_late_success() -> None:
    """A person's decision about another attempt does not settle this one."""
    world, answer = opened_at("phonepe")
    live = world.payment(answer["payment_id"]).current
    changed(world, answer["payment_id"], review=Review(ReviewKind.LATE_SUCCESS, live.id, world.clock.now()))
    with pytest.raises(NotFound):
        synced(world, world.payment(answer["payment_id"]))
