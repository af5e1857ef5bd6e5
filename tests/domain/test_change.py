"""Several changes in one transaction."""

from __future__ import annotations

from dataclasses import replace

from payments.domain.change import Change, Reference, unchanged
from payments.domain.records.case import Case, CaseKind
from payments.domain.records.payment import Step, recorded
from payments.domain.rules import refunding, transitions
from tests.domain.rules.test_money_rules import AMOUNT, PAID, START, WHY, a_payment, a_refund, moved

PAYMENT = moved(a_payment(), PAID)
CASE = Case(CaseKind.CAPTURE_DENIED, "pay_1", "ws", START, "first")


def a_change(before: Change, name: str) -> Change:
    changed, event = recorded(before.payment, Step("attempt.resent", "pay_1", "", "", note=name), WHY, START)
    case = replace(CASE, note=name)
    return Change(changed, (event,), (case,), (Reference(name, "pay_1", "phonepe"),))


def test_a_change_and_the_next_one_are_one_change_of_the_version_that_was_read() -> None:
    first = a_change(unchanged(PAYMENT), "one")
    second = replace(a_change(first, "two"), records=(a_refund(100), replace(CASE, note="two")))
    both = first.then(second)
    assert both.payment == second.payment
    assert (both.read_version, both.payment.version) == (PAYMENT.version, PAYMENT.version + 2)
    assert [event.note for event in both.events] == ["one", "two"]
    assert [reference.name for reference in both.references] == ["one", "two"]
    assert both.records == (replace(CASE, note="two"), a_refund(100)), "each record once, as it was last decided"
    assert (both.case, both.refund) == (replace(CASE, note="two"), a_refund(100))
    assert first.then(None) == first


def test_a_case_and_a_refund_of_one_id_are_two_records() -> None:
    refund = replace(a_refund(100), id=CASE.id)
    assert unchanged(PAYMENT).then(Change(PAYMENT, (), (CASE,))).then(Change(PAYMENT, (), (refund,))).records == (
        CASE, refund,
    )  # fmt: skip


def test_the_last_case_and_the_last_refund_are_the_ones_that_a_change_is_about() -> None:
    other = replace(CASE, subject_id="pay_2")
    change = Change(PAYMENT, (), (a_refund(100, 1), CASE, other, a_refund(200, 2)))
    assert (change.case, change.refund) == (other, a_refund(200, 2))
    assert (unchanged(PAYMENT).case, unchanged(PAYMENT).refund) == (None, None)


def test_a_change_of_another_payment_stays_beside_whatever_follows_or_came_before() -> None:
    beside = transitions.replaced(a_payment(), replace(a_payment(), id="pay_2"), WHY, START)
    assert beside.beside
    assert (beside.beside.payment.id, beside.beside.payment.replaced_by) == ("pay_1", "pay_2")
    later = a_change(beside, "later")
    assert beside.then(later).beside == beside.beside
    assert unchanged(PAYMENT).then(beside).beside == beside.beside
    assert a_change(unchanged(PAYMENT), "one").then(a_change(unchanged(PAYMENT), "two")).beside is None


def test_an_excess_refund_rides_along_with_what_made_it_excess() -> None:
    payment = PAYMENT.with_attempt(replace(PAYMENT.current, is_excess=True))
    change = refunding.excess_refunded(a_change(unchanged(payment), "one"), "att_1", "rfd_s", START)
    assert [event.kind for event in change.events] == ["attempt.resent", "refund.created"]
    assert change.refund
    assert change.refund.amount == AMOUNT
    assert [reference.name for reference in change.references] == ["one", "rfd_s"]
