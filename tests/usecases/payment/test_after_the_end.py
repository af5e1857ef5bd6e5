"""What happens after our time limit, after a gateway's first answer, and after the capture."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from dev.histories.whole import list_cases
from payments.domain.records.case import Outcome
from payments.domain.records.payment import Attempt, Payment
from payments.domain.records.snapshot import ExtraCapture, Snapshot
from payments.domain.rules import transitions
from payments.domain.values.account import Account
from payments.domain.values.money import Money
from payments.domain.values.status import Status
from payments.usecases.case.decide import decide_case
from payments.usecases.case.wanted import Wanted
from payments.usecases.errors import DuplicateOrder, InvalidState, OutcomePending, RefundExceedsPayment
from payments.usecases.payment.cancel import cancel_payment
from payments.usecases.payment.refresh import refresh_payment
from payments.usecases.payment.sync import decide_outcome
from payments.usecases.reconciliation.run import Window, reconcile
from tests.usecases.steps import AMOUNT, REFRESH, opened_at, paid_at, swept
from tests.world import OWNER, WORKSPACE, World

DAY_S = 86_400
EVERY = ("phonepe", "razorpay", "paypal", "stripe", "square")
# Square's links accept cards and wallets, which are decided at once.
CAN_WAIT = ("phonepe", "razorpay", "paypal", "stripe")


def days(world: World, number: int) -> None:
    """Let so many days pass, with a sweep every three hours."""
    for _ in range(number * 8):
        world.advance(3 * 3600)
        world.sweep()


def under_way(gateway: str) -> tuple[World, str]:
    """The payer has acted, the payment is pending, and our time limit has passed."""
    world, answer = opened_at(gateway)
    world.payer("wait", answer["attempt_id"], at=gateway)
    world.advance(61)
    world.sweep()
    world.advance(1300)
    swept(world, 5)
    return world, answer["payment_id"]


def ended(world: World, gateway: str, payment_id: str, act: str) -> Payment:
    attempt_id = world.payment(payment_id).current.id
    world.admin("POST", f"/_sim/pending/{attempt_id}", {"act": act}, at=gateway)
    world.advance(5)
    days(world, 1)
    return world.payment(payment_id)


@pytest.mark.parametrize("gateway", CAN_WAIT)
def test_a_debit_of_four_days_is_not_ended_retried_or_called_late(gateway: str) -> None:
    world, payment_id = under_way(gateway)
    days(world, 2 if gateway == "razorpay" else 4)  # Razorpay refunds an authorization itself after three days.
    payment = world.payment(payment_id)
    assert payment.status.is_open
    with pytest.raises(InvalidState):
        world.retry(payment_id)
    payment = ended(world, gateway, payment_id, "complete")
    assert (payment.status, payment.current.captured_minor) == (Status.COMPLETED, AMOUNT)
    assert (payment.current.is_late, payment.current.is_excess, world.refunds(payment_id)) == (False, False, [])
    assert list_cases(WORKSPACE, world.ports) == []
    assert world.metrics["LateSuccess"] == 0


@pytest.mark.parametrize("gateway", CAN_WAIT)
def test_a_debit_that_the_gateway_denies_after_days_ends_then(gateway: str) -> None:
    world, payment_id = under_way(gateway)
    days(world, 3)
    payment = ended(world, gateway, payment_id, "deny")
    days(world, 1)
    assert not world.payment(payment_id).status.is_open
    assert (payment.current.captured_minor, world.ledger(gateway)["captures"]) == (0, [])


def test_a_payment_in_progress_is_one_event_and_counts_for_the_alarm_by_age() -> None:
    world, payment_id = under_way("stripe")
    assert world.timeline(payment_id).count("attempt.in_progress") == 1
    world.metrics.clear()
    days(world, 4)
    assert (world.metrics["PendingOver30Min"], world.metrics["InProgressOver5Days"]) == (0, 0)
    days(world, 2)
    assert world.metrics["InProgressOver5Days"] > 0


# Refunds by others.


@pytest.mark.parametrize("gateway", EVERY)
@pytest.mark.parametrize("minor", [AMOUNT, 10000])
def test_a_refund_made_at_the_dashboard_is_booked_and_limits_ours(gateway: str, minor: int) -> None:
    world, payment_id = paid_at(gateway, delivers_webhooks=True)
    attempt_id = world.payment(payment_id).current.id
    world.admin("POST", "/_sim/dashboard_refunds", {"order": attempt_id, "amount": minor}, at=gateway)
    for _ in range(30):
        world.advance(250)
    payment = world.payment(payment_id)
    (refund,) = world.refunds(payment_id)
    assert (refund.actor, refund.status, refund.amount.minor) == ("gateway", Status.COMPLETED, minor)
    assert (payment.current.refunded_minor, payment.current.available_minor) == (minor, AMOUNT - minor)
    with pytest.raises((RefundExceedsPayment, InvalidState)):
        world.refund(payment_id, AMOUNT)
    assert world.timeline(payment_id).count("refund.imported") == 1


@pytest.mark.parametrize("gateway", [name for name in EVERY if name != "phonepe"])
def test_a_reconciliation_finds_a_dashboard_refund_whose_webhook_was_lost(gateway: str) -> None:
    world, payment_id = paid_at(gateway)
    attempt_id = world.payment(payment_id).current.id
    world.admin("POST", "/_sim/dashboard_refunds", {"order": attempt_id, "amount": 10000}, at=gateway)
    for _ in range(30):
        world.advance(250)
    now = world.clock.now()
    report = reconcile(Window(now - timedelta(days=1), now), False, world.context())
    assert [issue["kind"] for issue in report["issues"]] == ["behind_gateway"]  # type: ignore[attr-defined]
    assert world.payment(payment_id).current.refunded_minor == 10000
    again = reconcile(Window(now - timedelta(days=1), now), False, world.context())
    assert again["issues"] == []


@pytest.mark.parametrize("gateway", [name for name in EVERY if name != "phonepe"])
def test_our_own_refunds_are_not_imported(gateway: str) -> None:
    world, payment_id = paid_at(gateway, delivers_webhooks=True)
    for number, minor in enumerate((10000, 5000, 20000)):
        world.refund(payment_id, minor, f"key-{number}")
        refresh_payment(payment_id, world.context(REFRESH))
    now = world.clock.now()
    reconcile(Window(now - timedelta(days=1), now), False, world.context())
    for _ in range(30):
        world.advance(250)
        world.sweep()
    reconcile(Window(now - timedelta(days=1), world.clock.now()), False, world.context())
    assert {refund.actor for refund in world.refunds(payment_id)} == {"user:owner"}
    assert world.payment(payment_id).current.refunded_minor == 35000


@pytest.mark.parametrize("gateway", [name for name in EVERY if name != "phonepe"])
def test_a_refund_that_failed_after_a_dashboard_refund_does_not_hide_it(gateway: str) -> None:
    world, payment_id = paid_at(gateway)
    attempt_id = world.payment(payment_id).current.id
    world.admin("POST", "/_sim/dashboard_refunds", {"order": attempt_id, "amount": 10000}, at=gateway)
    world.refund(payment_id, AMOUNT)
    for _ in range(30):
        world.advance(250)
        world.sweep()
    refresh_payment(payment_id, world.context(REFRESH))
    assert world.payment(payment_id).current.refunded_minor == 10000
    statuses = [(refund.actor, refund.status) for refund in world.refunds(payment_id)]
    assert statuses == [("user:owner", Status.FAILED), ("gateway", Status.COMPLETED)]


@pytest.mark.parametrize("gateway", ["paypal", "stripe"])
def test_a_reversal_is_booked_as_a_refund_of_the_gateway(gateway: str) -> None:
    world, payment_id = paid_at(gateway, delivers_webhooks=True)
    attempt_id = world.payment(payment_id).current.id
    world.admin("POST", "/_sim/reversals", {"order": attempt_id, "amount": AMOUNT}, at=gateway)
    world.advance(5)
    payment = world.payment(payment_id)
    assert (payment.status, payment.current.refunded_minor, payment.current.available_minor) == (
        Status.COMPLETED,
        AMOUNT,
        0,
    )
    assert [refund.actor for refund in world.refunds(payment_id)] == ["gateway"]


@pytest.mark.parametrize("gateway", EVERY)
@pytest.mark.parametrize("delivers_webhooks", [True, False])
def test_a_refund_that_comes_back_is_returned_and_may_be_made_again(gateway: str, delivers_webhooks: bool) -> None:
    world, payment_id = paid_at(gateway, delivers_webhooks)
    refund_id = world.refund(payment_id, 10000)["refund_id"]
    for _ in range(15):
        world.advance(250)
        world.sweep()
    (refund,) = world.refunds(payment_id)
    assert refund.status is Status.COMPLETED
    named = refund.refund_ref if gateway in ("razorpay", "paypal", "square") else refund_id
    for name in (refund_id, named):
        if any(name in (one["id"], one.get("ref")) for one in world.ledger(gateway)["refunds"]):
            world.admin("POST", f"/_sim/refunds/{name}", {"act": "return"}, at=gateway)
            break
    world.advance(5)
    days(world, 4)
    payment = world.payment(payment_id)
    (refund,) = world.refunds(payment_id)
    assert (refund.status, payment.current.refunded_minor, payment.current.available_minor) == (
        Status.RETURNED,
        0,
        AMOUNT,
    )
    assert [case.kind for case in list_cases(WORKSPACE, world.ports)] == ["refund_returned"]
    assert world.timeline(payment_id).count("refund.returned") == 1


def test_a_completed_refund_is_watched_while_it_may_return_and_no_longer() -> None:
    world, payment_id = paid_at("stripe")
    world.refund(payment_id, 10000)
    swept(world, 5)
    looks = []
    while (due_at := world.refunds(payment_id)[0].due_at) is not None:
        looks.append((due_at - world.refunds(payment_id)[0].updated_at).days)
        world.clock.sleep((due_at - world.clock.now()).total_seconds() + 1)
        world.sweep()
    assert looks == [1, 3, 7, 14, 30]


# An order that has failed.


def dead(gateway: str = "phonepe") -> tuple[World, str]:
    world, answer = opened_at(gateway)
    world.payer("decline", answer["attempt_id"], at=gateway)
    swept(world, 2)
    assert world.payment(answer["payment_id"]).status is Status.FAILED
    return world, answer["payment_id"]


def test_a_dead_order_may_get_a_new_payment_of_another_amount() -> None:
    world, first = dead()
    second = world.initiate(world.order(minor=25000), "key-2", b"other")["payment_id"]
    assert second != first
    earlier, later = world.payment(first), world.payment(second)
    assert (earlier.replaced_by, later.replaces, later.amount) == (second, first, Money(25000, "INR"))
    assert world.timeline(first)[-1] == "payment.replaced"
    assert world.ports.store.within(WORKSPACE).list_events(first)[-1].at == later.created_at > earlier.created_at
    assert [line["payment_id"] for line in world.log if line["message"] == "payment.replaced"] == [first]
    assert world.ports.store.within(WORKSPACE).get_payment_by_order("ORD-1").id == second
    with pytest.raises(InvalidState) as refused:
        world.retry(first)
    assert (refused.value.details["replaced_by"], "the payment in replaced_by" in str(refused.value)) == (second, True)


def test_the_same_amount_again_is_a_retry_and_not_a_new_payment() -> None:
    world, first = dead()
    with pytest.raises(DuplicateOrder) as refused:
        world.initiate(world.order(), "key-2", b"other")
    assert refused.value.details["payment_id"] == first


def test_as_much_of_another_currency_is_another_amount() -> None:
    world, answer = opened_at("stripe")
    first = cancel_payment(answer["payment_id"], "", world.context()).id
    assert world.payment(first).status is Status.CANCELLED
    order = world.order(gateway="stripe", amount=Money(AMOUNT, "EUR"))
    second = world.initiate(order, "key-2", b"other")["payment_id"]
    assert (world.payment(first).replaced_by, world.payment(second).amount) == (second, Money(AMOUNT, "EUR"))


def test_an_order_that_may_still_be_paid_or_was_ended_by_our_clock_alone_is_not_replaced() -> None:
    world, answer = opened_at("phonepe")
    with pytest.raises(DuplicateOrder):
        world.initiate(world.order(minor=25000), "key-2", b"other")
    world.fault("error_before", "pay")
    with pytest.raises(OutcomePending):
        world.initiate(world.order("ORD-2"), "key-3", b"second")
    world.clock.sleep(901)
    swept(world, 3)
    unheard = world.ports.store.within(WORKSPACE).get_payment_by_order("ORD-2")
    assert (unheard.status, unheard.current.is_ended_by_clock) == (Status.FAILED, True)
    with pytest.raises(DuplicateOrder):
        world.initiate(world.order("ORD-2", 25000), "key-4", b"third")
    assert world.payment(answer["payment_id"]).replaced_by == ""


def test_money_that_still_reaches_a_replaced_payment_goes_back() -> None:
    world, answer = opened_at("phonepe")
    world.fault("late_success", "pay")
    world.payer("abandon", answer["attempt_id"])
    world.advance(1205)
    world.sweep()
    first = world.payment(answer["payment_id"])
    assert (first.status, first.current.is_ended_by_clock) == (Status.EXPIRED, False)
    world.initiate(world.order(minor=25000), "key-2", b"other")
    for _ in range(30):
        world.advance(3600)
        world.sweep()
    first = world.payment(first.id)
    assert (first.winning_attempt, first.current.is_excess, first.current.refunded_minor) == (None, True, AMOUNT)


def test_two_at_once_replace_a_dead_order_once() -> None:
    world, first = dead()

    def faster(_: object) -> None:
        world.initiate(world.order(minor=30000), "key-3", b"faster")

    world.client.before += [("transact_write_items", lambda _: None), ("transact_write_items", faster)]
    with pytest.raises(DuplicateOrder) as refused:
        world.initiate(world.order(minor=25000), "key-2", b"other")
    later = world.ports.store.within(WORKSPACE).get_payment_by_order("ORD-1")
    assert refused.value.details == {"payment_id": later.id}
    assert (later.amount.minor, world.payment(first).replaced_by) == (30000, later.id)


def test_a_checkout_that_opens_late_for_a_replaced_payment_is_closed() -> None:
    world, answer = opened_at("stripe")
    payment = replace(world.payment(answer["payment_id"]), replaced_by="pay_2")
    store = world.ports.store.within(WORKSPACE)
    store.save(transitions.outcome_unknown(payment, payment.current.id, OWNER, world.clock.now()))
    refresh_payment(payment.id, world.context(REFRESH))
    assert world.payment(payment.id).current.status is Status.EXPIRED


# A capture under review.


@pytest.mark.parametrize("gateway", ["stripe", "square", "razorpay"])
def test_money_under_review_is_found_by_the_gateways_name_for_it(gateway: str) -> None:
    world, answer = opened_at(gateway)
    world.payer("pay", answer["attempt_id"], at=gateway)
    adapter = world.ports.gateway(Account(gateway))
    fetch = adapter.fetch_payment
    world.override(
        gateway,
        fetch_payment=lambda attempt: replace(fetch(attempt), amount=Money(AMOUNT + 100, attempt.amount.currency)),
    )
    world.advance(61)
    world.sweep()
    payment, (capture,) = world.payment(answer["payment_id"]), world.ledger(gateway)["captures"]
    where = world.ports.store.locate_by_ref(gateway, capture["ref"])
    assert (payment.review_kind, where and where.subject_id) == ("amount", payment.current.id)


# A second capture of another amount.


def test_a_second_capture_of_another_amount_is_booked_only_by_a_decision() -> None:
    world, answer = opened_at("razorpay")
    world.fault("double_pay", "pay", at="razorpay")
    world.payer("pay", answer["attempt_id"], at="razorpay")
    world.advance(61)
    first, second = world.ledger("razorpay")["captures"]
    adapter = world.ports.gateway(Account("razorpay"))
    fetch = adapter.fetch_payment

    def lying(attempt: Attempt) -> Snapshot:
        snapshot = fetch(attempt)
        others = tuple(replace(captured, amount=Money(59900, "INR")) for captured in snapshot.extra_captures)
        return replace(snapshot, extra_captures=others)

    world.override("razorpay", fetch_payment=lying)
    world.advance(300)
    world.sweep()
    payment = world.payment(answer["payment_id"])
    assert (payment.review_kind, [one.captured_minor for one in payment.attempts]) == ("amount", [AMOUNT])
    assert world.refunds(payment.id) == []
    assert payment.review is not None
    assert payment.review.extra_ref in (first["ref"], second["ref"])
    (case,) = list_cases(WORKSPACE, world.ports)
    decide_case(case.id, Wanted(Outcome.REFUND, "not ours"), world.context())
    further, stored = world.payment(payment.id).attempts
    assert (stored.id, stored.captured_minor, stored.refunded_minor + stored.reserved_minor) == (
        payment.winning_attempt_id,
        AMOUNT,
        0,
    )
    assert (further.duplicate_of, further.payment_ref) == (stored.id, payment.review.extra_ref)
    assert (further.is_excess, further.captured_minor, further.refunded_minor + further.reserved_minor) == (
        True,
        59900,
        59900,
    )


def test_a_second_capture_in_another_currency_is_reviewed_as_such() -> None:
    world, answer = opened_at("razorpay")
    world.fault("double_pay", "pay", at="razorpay")
    world.payer("pay", answer["attempt_id"], at="razorpay")
    world.advance(61)
    adapter = world.ports.gateway(Account("razorpay"))
    fetch = adapter.fetch_payment

    def lying(attempt: Attempt) -> Snapshot:
        snapshot = fetch(attempt)
        others = tuple(replace(captured, amount=Money(AMOUNT, "USD")) for captured in snapshot.extra_captures)
        return replace(snapshot, extra_captures=others)

    world.override("razorpay", fetch_payment=lying)
    payment = refresh_payment(answer["payment_id"], world.context(REFRESH))
    assert (payment.status, payment.review_kind) == ("completed", "currency")
    assert [case.kind for case in list_cases(WORKSPACE, world.ports)] == ["currency_mismatch"]


def test_as_much_as_was_captured_in_part_is_captured_a_second_time_and_goes_back() -> None:
    world, payment_id = paid_at("razorpay")
    payment = world.payment(payment_id)
    part = replace(payment.current, captured_minor=30000, capture_requested_minor=30000)
    again = (ExtraCapture("pay_again", Money(30000, "INR")),)
    snapshot = Snapshot(Status.COMPLETED, Money(30000, "INR"), part.payment_ref, extra_captures=again)
    change = decide_outcome(payment.with_attempt(part), part, snapshot, world.context())
    assert change is not None
    further = change.payment.attempts[0]
    assert (change.payment.review, further.is_excess, further.reserved_minor) == (None, True, 30000)


def test_an_amount_that_was_decided_for_the_first_capture_is_not_decided_for_the_second() -> None:
    world, payment_id = paid_at("razorpay")
    payment = world.payment(payment_id)
    decided = replace(payment.current, captured_minor=49800)
    again = (ExtraCapture("pay_again", Money(49800, "INR")),)
    snapshot = Snapshot(Status.COMPLETED, Money(49800, "INR"), decided.payment_ref, extra_captures=again)
    change = decide_outcome(payment.with_attempt(decided), decided, snapshot, world.context())
    assert change is not None
    assert (change.payment.review_kind, len(change.payment.attempts)) == ("amount", 1)


def reported_total(world: World, gateway: str, minor: int) -> None:
    """From now on the gateway reports that `minor` of its captures is refunded."""
    adapter = world.ports.gateway(Account(gateway))
    fetch = type(adapter).fetch_payment
    world.override(
        gateway,
        fetch_payment=lambda attempt: replace(fetch(adapter, attempt), returned=Money(minor, attempt.amount.currency)),
    )


def reconciled(world: World) -> None:
    now = world.clock.now()
    reconcile(Window(now - timedelta(days=1), now), False, world.context())


def test_a_dashboard_refund_that_comes_back_is_returned_too() -> None:
    world, payment_id = paid_at("stripe")
    reported_total(world, "stripe", 10000)
    reconciled(world)
    assert world.payment(payment_id).current.refunded_minor == 10000
    reported_total(world, "stripe", 0)
    reconciled(world)
    (refund,) = world.refunds(payment_id)
    assert (refund.actor, refund.status, world.payment(payment_id).current.refunded_minor) == (
        "gateway",
        Status.RETURNED,
        0,
    )
    assert [case.kind for case in list_cases(WORKSPACE, world.ports)] == ["refund_returned"]


def test_money_refunded_outside_does_not_hide_what_the_dashboard_refunds() -> None:
    world, payment_id = paid_at("stripe")
    refund_id = world.refund(payment_id, 10000)["refund_id"]
    swept(world, 3)
    world.admin("POST", f"/_sim/refunds/{refund_id}", {"act": "return"}, at="stripe")
    days(world, 1)
    (case,) = list_cases(WORKSPACE, world.ports)
    wanted = Wanted(Outcome.REFUNDED_OUTSIDE, "sent by bank transfer", "NEFT 4711")
    decide_case(case.id, wanted, world.context())
    assert world.payment(payment_id).current.refunded_minor == 10000
    reported_total(world, "stripe", 7000)
    world.clock.sleep(60)
    now = world.clock.now()
    reconcile(Window(now - timedelta(days=2), now), False, world.context())
    assert world.payment(payment_id).current.refunded_minor == 17000


def test_an_opened_order_that_is_not_found_is_checked_for_an_hour_longer() -> None:
    """One answer may be wrong; PayPal deletes an order for good."""
    world, answer = opened_at("paypal")
    world.admin("POST", "/_sim/reset", at="paypal")
    seen = []
    for _ in range(100):
        world.advance(60)
        world.sweep()
        seen.append(world.payment(answer["payment_id"]).status)
    assert [status for status in seen[:75] if status is not Status.PENDING] == []
    assert seen.index(Status.EXPIRED) + 1 in range(80, 84)  # Minutes: the order's twenty, and sixty.
