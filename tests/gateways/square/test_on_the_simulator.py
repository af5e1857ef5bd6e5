"""The adapter on the simulator: what both must understand in the same way."""

from __future__ import annotations

from dataclasses import replace

import pytest

from payments.domain.values.money import Money
from payments.domain.values.status import FailureCode, Status
from payments.gateways.contract.errors import OutcomeUnknown, Rejected
from tests.contract.square import SquareHarness
from tests.gateways.square.shops import direct, gateway_of, usd

OUTCOMES = [
    ("cnon:card-nonce-declined", FailureCode.DECLINED, "GENERIC_DECLINE"),
    ("cnon:card-nonce-rejected-cvv", FailureCode.DECLINED, "CVV_FAILURE"),
    ("cnon:card-nonce-rejected-postalcode", FailureCode.DECLINED, "ADDRESS_VERIFICATION_FAILURE"),
    ("cnon:card-nonce-rejected-expiration", FailureCode.DECLINED, "INVALID_EXPIRATION"),
    ("cnon:card-nonce-already-used", FailureCode.REJECTED, "CARD_TOKEN_USED"),
    ("cnon:gift-card-nonce-insufficient-funds", FailureCode.INSUFFICIENT_FUNDS, "INSUFFICIENT_FUNDS"),
    ("cnon:sim-insufficient-funds", FailureCode.INSUFFICIENT_FUNDS, "INSUFFICIENT_FUNDS"),
    (
        "cnon:sim-verification-required",
        FailureCode.AUTHENTICATION_FAILED,
        "CARD_DECLINED_VERIFICATION_REQUIRED",
    ),
    ("bnon:bank-nonce-account-unusable", FailureCode.METHOD_UNAVAILABLE, "ACCOUNT_UNUSABLE"),
    ("bnon:bank-nonce-insufficient-funds", FailureCode.INSUFFICIENT_FUNDS, "INSUFFICIENT_FUNDS"),
    ("bnon:bank-nonce-invalid-account", FailureCode.DECLINED, "INVALID_ACCOUNT"),
    ("bnon:bank-nonce-buyer-refused-payment", FailureCode.CANCELLED_BY_CUSTOMER, "BUYER_REFUSED_PAYMENT"),
]


@pytest.mark.parametrize(("token", "ours", "theirs"), OUTCOMES)
def test_every_refusing_token_is_the_same_decline_whatever_its_http_status(
    shop: SquareHarness, token: str, ours: FailureCode, theirs: str
) -> None:
    failure = gateway_of(shop).charge_token(direct(shop, token), shop.order()).snapshot.failure
    assert (failure.code, failure.gateway_code) == (ours, theirs)


@pytest.mark.parametrize("token", ["cnon:card-nonce-ok", "cnon:gift-card-nonce-ok", "ccof:customer-card-id-ok"])
def test_a_good_token_is_charged_at_once(shop: SquareHarness, token: str) -> None:
    attempt = direct(shop, token)
    charge = gateway_of(shop).charge_token(attempt, shop.order())
    assert (charge.snapshot.status, charge.snapshot.amount) == (Status.COMPLETED, usd(1000))
    assert charge.snapshot.subject_id == attempt.id
    assert shop.captured(attempt) == 1000


@pytest.mark.parametrize(
    ("token", "status"),
    [("bnon:bank-nonce-ok", Status.COMPLETED), ("bnon:bank-nonce-failure", Status.FAILED)],
)
def test_a_bank_takes_its_time(shop: SquareHarness, token: str, status: Status) -> None:
    attempt = direct(shop, token)
    charge = gateway_of(shop).charge_token(attempt, shop.order())
    assert (charge.snapshot.status, charge.snapshot.is_in_progress) == (Status.PENDING, True)
    attempt = replace(attempt, checkout_ref=charge.ref)
    shop.pass_time(3 * 86400)
    assert shop.gateway.fetch_payment(attempt).is_in_progress
    assert gateway_of(shop).cancel_payment(attempt).is_in_progress  # A bank transfer cannot be cancelled.
    shop.pass_time(86400)
    snapshot = shop.gateway.fetch_payment(attempt)
    assert snapshot.status is status
    assert (snapshot.failure is None) is (status is Status.COMPLETED)


@pytest.mark.parametrize("token", ["cnon:gift-card-nonce-insufficient-permission"])
def test_our_accounts_fault_is_no_decline(shop: SquareHarness, token: str) -> None:
    with pytest.raises(Rejected, match="INSUFFICIENT_PERMISSIONS"):
        gateway_of(shop).charge_token(direct(shop, token), shop.order())


def test_a_temporary_error_is_tried_again_with_the_same_key(shop: SquareHarness) -> None:
    attempt = direct(shop, "cnon:sim-temporary-error")
    with pytest.raises(OutcomeUnknown):
        gateway_of(shop).charge_token(attempt, shop.order())
    assert gateway_of(shop).charge_token(attempt, shop.order()).snapshot.status is Status.COMPLETED
    assert shop.captured(attempt) == 1000


@pytest.mark.parametrize("fault", ["lose_answer", "error_after", "garbage", "slow"])
def test_a_charge_whose_answer_was_lost_is_found_and_not_made_twice(shop: SquareHarness, fault: str) -> None:
    attempt = direct(shop)
    shop.fault(fault, "pay")
    with pytest.raises(OutcomeUnknown):
        gateway_of(shop).charge_token(attempt, shop.order())
    found = shop.gateway.fetch_payment(attempt)
    assert (found.status, found.amount, found.subject_id) == (Status.COMPLETED, usd(1000), attempt.id)
    assert gateway_of(shop).charge_token(attempt, shop.order()).ref == found.ref
    assert shop.captured(attempt) == 1000


def test_one_key_with_another_body_moves_no_money_and_is_no_definite_no(shop: SquareHarness) -> None:
    attempt = direct(shop)
    gateway_of(shop).charge_token(attempt, shop.order())
    with pytest.raises(OutcomeUnknown, match="IDEMPOTENCY_KEY_REUSED"):
        gateway_of(shop).charge_token(replace(attempt, amount=usd(2000)), shop.order())
    assert shop.captured(attempt) == 1000


def test_a_decline_repeated_is_the_same_decline(shop: SquareHarness) -> None:
    attempt = direct(shop, "cnon:card-nonce-declined")
    first, second = (gateway_of(shop).charge_token(attempt, shop.order()) for _ in range(2))
    assert first == second
    assert shop.things_to_pay(attempt) == 1


def test_another_currency_than_the_locations_is_refused(shop: SquareHarness) -> None:
    link, charge = (replace(each, amount=Money(1000, "INR")) for each in (shop.new_attempt(), direct(shop)))
    with pytest.raises(Rejected, match="INVALID_VALUE"):
        shop.gateway.create_checkout(link, shop.order())
    with pytest.raises(Rejected, match="INVALID_VALUE"):
        gateway_of(shop).charge_token(charge, shop.order())
