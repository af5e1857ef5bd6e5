"""What a comparison fetches, and which answers are no difference of the books."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from dev.histories.whole import list_cases
from payments.domain.records.payment import Attempt, Payment
from payments.domain.records.snapshot import Snapshot
from payments.domain.values.account import Account
from payments.domain.values.money import Money
from payments.usecases.reconciliation.compare import Comparer, Comparison
from tests.usecases.case.test_decide import excess_whose_refund_failed
from tests.usecases.steps import AMOUNT, authorized_at, opened_at, paid_at, swept
from tests.usecases.sweep.test_row_alarms import requested_about, retried
from tests.world import WORKSPACE, World


def compared(world: World, payment: Payment, *, dry_run: bool = False) -> Comparison:
    return Comparer(world.context(), dry_run).compare(payment)


def test_what_was_written_off_of_any_attempt_is_shown() -> None:
    world, payment_id, first_id = retried()
    payment = world.payment(payment_id)
    payment = payment.with_attempt(replace(payment.attempt(first_id), written_off_minor=100))
    entry = {"payment_id": payment_id, "attempt_id": first_id, "amount": 100, "currency": "INR"}
    assert compared(world, payment, dry_run=True).written_off == [entry]


def test_an_attempt_that_duplicates_another_is_not_checked() -> None:
    world, payment_id, first_id = retried()
    payment, request = world.payment(payment_id), requested_about(world)
    compared(world, payment, dry_run=True)
    assert request == [first_id, payment.current.id]
    request.clear()
    compared(
        world, payment.with_attempt(replace(payment.attempt(first_id), duplicate_of=payment.current.id)), dry_run=True
    )
    assert request == [payment.current.id]


def test_an_answer_belongs_to_the_state_that_was_read_before_it() -> None:
    """An outdated payment is read again, and then the gateway is called again."""
    world, payment_id, _ = retried()
    stale = world.payment(payment_id)
    world.sweep()
    request = requested_about(world)
    found = compared(world, stale)
    assert (found.issues, found.fixes, world.payment(payment_id).status) == ([], [], "completed")
    assert request.count(stale.current.id) == 2


def test_money_that_is_under_way_is_no_issue() -> None:
    world, answer = opened_at("stripe")
    world.payer("wait", answer["attempt_id"], at="stripe")
    world.advance(61)
    world.advance(1300)
    found = compared(world, world.payment(answer["payment_id"]))
    assert (found.issues, world.timeline(answer["payment_id"])[-1]) == ([], "attempt.in_progress")


def test_an_authorization_that_ends_soon_is_no_issue() -> None:
    world, payment_id = authorized_at("stripe")
    ends_at = world.payment(payment_id).current.expires_at
    world.clock.sleep((ends_at - timedelta(hours=1) - world.clock.now()).total_seconds())
    found = compared(world, world.payment(payment_id))
    assert (found.issues, world.timeline(payment_id)[-1]) == ([], "attempt.authorization_lapsing")


def test_an_authorization_that_ends_at_another_time_is_no_issue() -> None:
    world, payment_id = authorized_at("stripe")
    adapter: Any = world.ports.gateway(Account("stripe"))
    fetch = adapter.fetch_payment

    def later(attempt: Attempt) -> Snapshot:
        snapshot: Snapshot = fetch(attempt)
        return replace(snapshot, authorization_expires_at=attempt.expires_at + timedelta(days=1))

    world.override("stripe", fetch_payment=later)
    found = compared(world, world.payment(payment_id))
    assert (found.issues, world.timeline(payment_id)[-1]) == ([], "attempt.authorization_moved")


def test_what_is_read_again_is_compared_with_the_answer_to_the_second_question() -> None:
    world, payment_id, _ = retried()
    stale = world.payment(payment_id)
    world.sweep()
    adapter: Any = world.ports.gateway(Account("phonepe"))
    fetch, request = adapter.fetch_payment, list[Attempt]()

    def wrong_at_first(attempt: Attempt) -> Snapshot:
        request.append(attempt)
        snapshot: Snapshot = fetch(attempt)
        is_first = [one.id for one in request].count(stale.current.id) == 1
        is_wrong = attempt.id == stale.current.id and is_first
        return replace(snapshot, amount=Money(AMOUNT + 1, "INR")) if is_wrong else snapshot

    world.override("phonepe", fetch_payment=wrong_at_first)
    found = compared(world, stale)
    assert (found.issues, world.payment(payment_id).review) == ([], None)
    assert [one.status for one in request if one.id == stale.current.id] == ["pending", "completed"]


def test_a_refund_of_an_excess_that_pays_for_no_order_is_compared_and_ends_its_case() -> None:
    world, payment_id = excess_whose_refund_failed()
    world.clock.sleep(6 * 3600)
    world.sweep()
    compared(world, world.payment(payment_id))
    assert [refund.status for refund in world.refunds(payment_id)] == ["failed", "processing"]
    world.advance(2 * 86_400)
    payment = world.payment(payment_id)
    assert (payment.winning_attempt, len(list_cases(WORKSPACE, world.ports))) == (None, 1)
    found = compared(world, payment)
    assert [refund.status for refund in world.refunds(payment_id)] == ["failed", "completed"]
    assert (found.recovered, list_cases(WORKSPACE, world.ports)) == (1, [])


def test_a_refund_of_the_whole_that_came_back_is_found() -> None:
    world, payment_id = paid_at("stripe")
    refund_id = world.refund(payment_id)["refund_id"]
    swept(world, 3)
    assert world.payment(payment_id).current.refunded_minor == AMOUNT
    world.admin("POST", f"/_sim/refunds/{refund_id}", {"act": "return"}, at="stripe")
    world.advance(86_400)
    compared(world, world.payment(payment_id))
    assert world.payment(payment_id).current.refunded_minor == 0


def test_money_that_went_back_is_an_issue_though_a_search_ended_with_it() -> None:
    world, payment_id = paid_at("stripe")
    made = {"order": world.payment(payment_id).current.id, "amount": 100}
    world.admin("POST", "/_sim/dashboard_refunds", made, at="stripe")
    world.advance(61)
    payment = world.payment(payment_id)
    found = compared(world, payment.with_attempt(replace(payment.current, search_position="2")), dry_run=True)
    (issue,) = found.issues
    assert issue["note"] == "attempt.searched found at the gateway; refund.imported made at stripe"


def test_refunds_of_what_was_paid_at_the_second_try_are_compared() -> None:
    world, payment_id, _ = retried()
    world.sweep()
    world.refund(payment_id, 10000)
    world.advance(2 * 86_400)
    assert compared(world, world.payment(payment_id)).recovered == 1
    assert [refund.status for refund in world.refunds(payment_id)] == ["completed"]
