"""The adapter on the simulator: charges, authorizations, voids, and lost answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from payments.domain.records.payment import Attempt
from payments.domain.records.snapshot import Snapshot
from payments.domain.values.money import Money
from payments.domain.values.status import FailureCode, Status
from payments.domain.values.terms import ActionKind, CaptureMode, Terms
from payments.gateways.contract.errors import OutcomeUnknown, Rejected
from payments.gateways.contract.payments import Charge
from payments.gateways.contract.webhooks import EventKind, GatewayEvent
from payments.gateways.stripe.adapter import Stripe
from tests.contract.stripe import StripeHarness

LOSSES = ("lose_answer", "error_after", "garbage", "slow")
DAY = 86400.0


class Shop(StripeHarness):
    @property
    def stripe(self) -> Stripe:
        assert isinstance(self.gateway, Stripe)
        return self.gateway

    def direct(self, outcome: str = "ok", capture: CaptureMode = CaptureMode.AUTO) -> Attempt:
        return self.new_attempt(terms=Terms(capture=capture, source_token=self.token_for(outcome)))

    def charge(self, attempt: Attempt) -> Charge:
        return self.stripe.charge_token(attempt, self.order())

    def charged(self, outcome: str = "ok", capture: CaptureMode = CaptureMode.AUTO) -> Attempt:
        attempt = self.direct(outcome, capture)
        return replace(attempt, checkout_ref=self.charge(attempt).ref)

    def opened(self, capture: CaptureMode = CaptureMode.AUTO) -> Attempt:
        attempt = self.new_attempt(terms=Terms(capture=capture))
        return replace(attempt, checkout_ref=self.stripe.create_checkout(attempt, self.order()).ref)

    def authorized_attempt(self) -> Attempt:
        attempt = self.opened(CaptureMode.MANUAL)
        self.authorize(attempt)
        return replace(attempt, status=Status.AUTHORIZED, payment_ref=self.stripe.fetch_payment(attempt).ref)

    def events(self, subject: str) -> list[GatewayEvent]:
        return [self.stripe.read_webhook(request) for request in self.webhooks(subject)]


@pytest.fixture
def shop() -> Shop:
    return Shop()


def test_a_good_token_pays_at_once(shop: Shop) -> None:
    attempt = shop.direct()
    charge = shop.charge(attempt)
    assert (charge.snapshot.status, charge.snapshot.amount) == (Status.COMPLETED, attempt.amount)
    assert charge.snapshot.ref == charge.ref
    assert charge.snapshot.subject_id == attempt.id
    found = shop.stripe.fetch_payment(replace(attempt, checkout_ref=charge.ref))
    # The answer to the charge itself does not expand it.
    assert found == replace(charge.snapshot, returned=Money(0, "USD"))
    assert [event.subject_id for event in shop.events(attempt.id)] == [attempt.id]


def test_a_declined_token_ends_the_attempt_and_is_found_again(shop: Shop) -> None:
    attempt = shop.direct("declined")
    charge = shop.charge(attempt)
    assert charge.snapshot.status is Status.FAILED
    assert charge.snapshot.failure
    assert charge.snapshot.failure.code is FailureCode.DECLINED
    assert shop.charge(attempt) == charge  # The same attempt, the same key, the same answer.
    assert shop.stripe.fetch_payment(replace(attempt, checkout_ref=charge.ref)) == charge.snapshot
    assert shop.charge(shop.direct()).snapshot.status is Status.COMPLETED


@pytest.mark.parametrize(("act", "status"), [("pay", Status.COMPLETED), ("decline", Status.FAILED)])
def test_a_payer_who_has_to_act_is_waited_for(shop: Shop, act: str, status: Status) -> None:
    attempt = shop.charged("needs_action")
    assert shop.charge(attempt).next_action.kind is ActionKind.REDIRECT
    assert shop.stripe.fetch_payment(attempt).status is Status.PENDING
    shop.act(attempt, act)
    snapshot = shop.stripe.fetch_payment(attempt)
    assert snapshot.status is status
    if status is Status.FAILED:
        assert snapshot.failure
        assert snapshot.failure.code is FailureCode.AUTHENTICATION_FAILED


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("outcome", ["ok", "declined"])
def test_a_charge_whose_answer_was_lost_is_found_and_not_made_twice(shop: Shop, loss: str, outcome: str) -> None:
    attempt = shop.direct(outcome)
    shop.fault(loss, "pay")
    with pytest.raises(OutcomeUnknown):
        shop.charge(attempt)
    found = shop.stripe.fetch_payment(attempt)
    assert found.status is (Status.COMPLETED if outcome == "ok" else Status.FAILED)
    later = replace(attempt, sent_at=attempt.sent_at + timedelta(minutes=5), expires_at=attempt.expires_at)
    assert found.found_ref == found.ref
    assert shop.charge(later).snapshot == replace(found, found_ref="")
    assert shop.captured(attempt) == (49900 if outcome == "ok" else 0)
    assert shop.things_to_pay(attempt) == 1


@pytest.mark.parametrize("loss", LOSSES)
def test_a_session_whose_answer_was_lost_is_had_again_with_its_address(shop: Shop, loss: str) -> None:
    attempt = shop.new_attempt()
    shop.fault(loss, "pay")
    with pytest.raises(OutcomeUnknown):
        shop.stripe.create_checkout(attempt, shop.order())
    again = shop.stripe.create_checkout(replace(attempt, sent_at=shop.now() + timedelta(hours=1)), shop.order())
    assert again.next_action.url.startswith("http://127.0.0.1:8104/c/pay/cs_test_")
    assert again.expires_at is None
    assert shop.things_to_pay(attempt) == 1


@pytest.mark.parametrize("fault", ["key_in_use", "error_before"])
def test_a_call_that_meets_itself_is_unknown(shop: Shop, fault: str) -> None:
    shop.fault(fault, "pay")
    with pytest.raises(OutcomeUnknown):
        shop.charge(shop.direct())


def test_one_attempt_requested_with_other_terms_is_unknown_not_charged_twice(shop: Shop) -> None:
    attempt = shop.direct()
    shop.charge(attempt)
    with pytest.raises(OutcomeUnknown):
        shop.charge(replace(attempt, amount=Money(50000, "USD")))
    assert shop.captured(attempt) == 49900


# Holds.


def test_an_authorization_says_how_much_and_until_when(shop: Shop) -> None:
    attempt = shop.authorized_attempt()
    snapshot = shop.stripe.fetch_payment(attempt)
    assert (snapshot.status, snapshot.amount) == (Status.AUTHORIZED, attempt.amount)
    assert snapshot.authorization_expires_at == attempt.created_at + timedelta(days=7)
    assert shop.captured(attempt) == 0


@pytest.mark.parametrize("minor", [49900, 10000])
def test_an_authorization_is_captured_once_however_often_that_is_requested(shop: Shop, minor: int) -> None:
    attempt = shop.authorized_attempt()
    paid = [shop.stripe.capture_payment(attempt, Money(minor, "USD")) for _ in range(2)]
    assert {(each.status, each.amount) for each in paid} == {(Status.COMPLETED, Money(minor, "USD"))}
    second = shop.stripe.capture_payment(attempt, Money(5000, "USD"))
    assert second.amount == Money(minor, "USD")
    assert shop.stripe.fetch_payment(attempt) == second
    assert shop.captured(attempt) == minor


def test_more_than_is_authorized_is_not_captured(shop: Shop) -> None:
    attempt = shop.authorized_attempt()
    with pytest.raises(Rejected):
        shop.stripe.capture_payment(attempt, Money(49901, "USD"))
    assert shop.captured(attempt) == 0


@pytest.mark.parametrize("loss", LOSSES)
def test_a_capture_whose_answer_was_lost_is_made_once(shop: Shop, loss: str) -> None:
    attempt = shop.authorized_attempt()
    shop.fault(loss, "capture")
    with pytest.raises(OutcomeUnknown):
        shop.stripe.capture_payment(attempt, attempt.amount)
    assert shop.stripe.fetch_payment(attempt).status is Status.COMPLETED
    assert shop.stripe.capture_payment(attempt, attempt.amount).status is Status.COMPLETED
    assert shop.captured(attempt) == 49900


def test_an_authorization_that_ran_out_is_expired_and_cannot_be_captured(shop: Shop) -> None:
    attempt = shop.authorized_attempt()
    shop.clock.advance(7 * DAY)
    assert shop.stripe.fetch_payment(attempt).status is Status.EXPIRED
    assert shop.stripe.capture_payment(attempt, attempt.amount).status is Status.EXPIRED
    assert shop.captured(attempt) == 0


OPEN: dict[str, Callable[[Shop], Attempt]] = {
    "an open session": lambda shop: shop.opened(),
    "a session whose ref was lost": lambda shop: replace(shop.opened(), checkout_ref=""),
    "a hold": lambda shop: shop.authorized_attempt(),
    "a hold by token": lambda shop: shop.charged(capture=CaptureMode.MANUAL),
    "a challenge": lambda shop: shop.charged("needs_action"),
}


@pytest.mark.parametrize("make", OPEN.values(), ids=OPEN)
def test_what_is_open_or_authorized_is_cancelled_and_stays_so(shop: Shop, make: Callable[[Shop], Attempt]) -> None:
    attempt = make(shop)
    assert shop.stripe.cancel_payment(attempt).status is Status.CANCELLED
    again = shop.stripe.cancel_payment(replace(attempt, is_cancelling=True))
    assert again.status is Status.CANCELLED
    assert (shop.captured(attempt), shop.authorized(attempt)) == (0, 0)


@pytest.mark.parametrize("loss", LOSSES)
def test_a_cancellation_whose_answer_was_lost_is_requested_again(shop: Shop, loss: str) -> None:
    attempt = shop.authorized_attempt()
    shop.fault(loss, "cancel")
    with pytest.raises(OutcomeUnknown):
        shop.stripe.cancel_payment(attempt)
    assert shop.stripe.cancel_payment(attempt).status is Status.CANCELLED


def test_what_is_paid_is_not_cancelled(shop: Shop) -> None:
    attempt = shop.opened()
    shop.pay(attempt)
    assert shop.stripe.cancel_payment(attempt).status is Status.COMPLETED
    assert shop.stripe.cancel_payment(shop.charged()).status is Status.COMPLETED
    assert shop.stripe.cancel_payment(shop.new_attempt()) == Snapshot(Status.CREATED)


def test_a_payment_under_way_is_left_to_end(shop: Shop) -> None:
    attempt = shop.opened()
    shop.act(attempt, "wait")
    assert shop.stripe.cancel_payment(attempt).status is Status.PENDING
    assert shop.stripe.fetch_payment(attempt).status is Status.PENDING


def test_a_declined_card_on_the_page_ends_nothing(shop: Shop) -> None:
    attempt = shop.opened()
    shop.decline(attempt)
    assert shop.stripe.fetch_payment(attempt).status is Status.PENDING
    shop.pay(attempt)
    assert shop.stripe.fetch_payment(attempt).status is Status.COMPLETED


# Refunds.


def test_a_refund_that_failed_after_it_had_succeeded_has_failed(shop: Shop) -> None:
    attempt = shop.charged()
    attempt = replace(attempt, payment_ref=attempt.checkout_ref)
    refund = shop.new_refund(attempt, 10000)
    refund = replace(refund, refund_ref=shop.stripe.create_refund(refund, attempt).ref)
    shop.pass_time(2)
    assert shop.stripe.fetch_refund(refund, attempt).status is Status.COMPLETED
    shop.control("POST", f"/_sim/refunds/{refund.id}", {"act": "return"})
    snapshot = shop.stripe.fetch_refund(refund, attempt)
    assert (snapshot.status, snapshot.failure and snapshot.failure.gateway_code) == (
        Status.FAILED,
        "expired_or_canceled_card",
    )
    words = [event.event_type for event in shop.events(refund.id)]
    assert words == ["refund.created", "refund.updated", "refund.failed", "refund.updated"]


def test_a_webhook_of_a_dashboard_refund_names_the_payment(shop: Shop) -> None:
    attempt = shop.charged()
    by_hand = shop.control("POST", "/_sim/dashboard_refunds", {"order": attempt.id, "amount": 100})
    reported = [(event.event_type, event.kind, event.subject_ref) for event in shop.events(by_hand["refund"])]
    assert reported[0] == ("refund.created", EventKind.PAYMENT, attempt.checkout_ref)
    summed = [event for event in shop.events(attempt.id) if event.event_type == "charge.refunded"]
    assert [(event.kind, event.subject_id) for event in summed] == [(EventKind.PAYMENT, attempt.id)]


def test_a_refund_that_waits_for_the_balance_is_under_way(shop: Shop) -> None:
    attempt = shop.charged()
    shop.fault("low_balance", "refund")
    refund = shop.new_refund(attempt, 10000)
    assert shop.stripe.create_refund(refund, attempt).status is Status.PROCESSING
    assert shop.stripe.fetch_payment(attempt).returned == Money(10000, "USD")


def test_a_token_of_a_bank_account_is_in_progress_for_days_and_then_paid_or_refused(shop: Shop) -> None:
    for token, status in {
        "pm_usBankAccount_success": Status.COMPLETED,
        "pm_usBankAccount_insufficientFunds": Status.FAILED,
    }.items():
        attempt = shop.new_attempt(terms=Terms(source_token=token))
        charge = shop.charge(attempt)
        attempt = replace(attempt, checkout_ref=charge.ref)
        assert (charge.snapshot.status, charge.snapshot.is_in_progress) == (Status.PENDING, True)
        shop.clock.advance(3 * DAY)
        assert shop.stripe.fetch_payment(attempt).is_in_progress
        shop.clock.advance(DAY)
        assert shop.stripe.fetch_payment(attempt).status is status


def test_a_refund_with_other_parameters_under_its_id_is_unknown(shop: Shop) -> None:
    attempt = shop.charged()
    refund = shop.new_refund(attempt, 10000)
    shop.stripe.create_refund(refund, attempt)
    with pytest.raises(OutcomeUnknown):
        shop.stripe.create_refund(replace(refund, amount=Money(20000, "USD")), attempt)
    assert shop.refunded(attempt) == 10000
