"""The adapter on the simulator, and ways to an attempt that is charged, authorized or has a link."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from payments.domain.records.payment import Attempt
from payments.domain.values.money import Money
from payments.domain.values.status import Status
from payments.domain.values.terms import CaptureMode, Terms
from tests.contract.square import SquareHarness


def direct(shop: SquareHarness, source: str = "cnon:card-nonce-ok") -> Attempt:
    return shop.new_attempt(1000, Terms(source_token=source))


def authorized(shop: SquareHarness, minor: int = 1000) -> Attempt:
    terms = Terms(capture=CaptureMode.MANUAL, source_token="cnon:card-nonce-ok")
    attempt = shop.new_attempt(minor, terms)
    charge = gateway_of(shop).charge_token(attempt, shop.order())
    assert charge.snapshot.status is Status.AUTHORIZED
    return replace(attempt, checkout_ref=charge.ref, payment_ref=charge.snapshot.ref)


def linked(shop: SquareHarness) -> Attempt:
    attempt = shop.new_attempt(1000)
    return replace(attempt, checkout_ref=shop.gateway.create_checkout(attempt, shop.order()).ref)


def gateway_of(shop: SquareHarness) -> Any:
    return shop.gateway


def usd(minor: int) -> Money:
    return Money(minor, "USD")
