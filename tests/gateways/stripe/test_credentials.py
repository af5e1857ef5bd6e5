"""Stripe's credentials: missing fields are named, secrets are not shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from payments.domain.values.account import Account
from payments.gateways.contract.errors import Misconfigured
from payments.gateways.registry import build_gateway
from payments.gateways.stripe import Settings
from tests.gateways.fakes import FakeDeployment, a_secret, an_order, parts
from tests.gateways.stripe.calls import (
    ATTEMPT,
    CALLS,
    DIRECT,
    PAGE,
    PAID,
    PRODUCTION,
    SANDBOX,
    SECRET,
    a_gateway,
    answers,
    sent_fields,
)


@pytest.mark.parametrize("secret", [{}, {"secret_key": ""}, {"secret_key": 5}, {"secret_key": None}])
@pytest.mark.parametrize("call", CALLS)
def test_without_a_key_every_call_says_what_to_set(call: str, secret: dict[str, Any]) -> None:
    wire = answers()
    with pytest.raises(Misconfigured, match=r"^pavati/dev/stripe/main/api: field secret_key is "):
        CALLS[call](a_gateway(wire, secret=secret))
    assert wire.sent == []


MISFITS = [
    (SANDBOX, "sk_live_1", "sk_test_ or rk_test_"),
    (FakeDeployment(), "rk_live_1", "sk_test_ or rk_test_"),
    (PRODUCTION, "sk_test_1", "sk_live_ or rk_live_"),
    (PRODUCTION, "rk_test_1", "sk_live_ or rk_live_"),
    (SANDBOX, "pk_test_1", "sk_test_ or rk_test_"),
    (SANDBOX, "whsec_1", "sk_test_ or rk_test_"),
    (SANDBOX, "sk_test_1\n2", "has a line break inside; paste the key again"),
    (SANDBOX, "sk_test_", "sk_test_ or rk_test_"),
]


@pytest.mark.parametrize(("deployment", "key", "wanted"), MISFITS)
def test_a_key_of_the_other_mode_is_not_sent(deployment: FakeDeployment, key: str, wanted: str) -> None:
    wire = answers()
    with pytest.raises(Misconfigured, match=wanted) as raised:
        a_gateway(wire, deployment, {"secret_key": key}).fetch_payment(PAID)
    assert wire.sent == []
    assert key == "sk_test_" or key not in str(raised.value)


@pytest.mark.parametrize(
    ("deployment", "key"),
    [(SANDBOX, "rk_test_1"), (FakeDeployment(), "sk_test_1"), (PRODUCTION, "rk_live_1"), (PRODUCTION, "sk_live_1")],
)
def test_restricted_keys_are_good_as_well(deployment: FakeDeployment, key: str) -> None:
    wire = answers(id="cs_1", status="open", object="checkout.session")
    a_gateway(wire, deployment, {"secret_key": key}).fetch_payment(PAID)
    assert wire.sent[0].headers["authorization"] == f"Bearer {key}"


def test_a_rotated_key_is_seen_at_the_next_call() -> None:
    wire, stored = answers(id="cs_1", status="open", object="checkout.session"), dict(SECRET)

    def read(name: str) -> Mapping[str, Any]:
        assert name == "pavati/dev/stripe/main/api"
        return stored

    gateway = build_gateway(Account("stripe"), replace(parts(wire, SANDBOX), read_secret=read))
    for key in ("sk_test_1", "sk_test_2"):
        stored["secret_key"] = key
        gateway.fetch_payment(PAID)
    assert [request.headers["authorization"] for request in wire.sent] == ["Bearer sk_test_1", "Bearer sk_test_2"]


def test_a_statement_suffix_goes_with_both_ways_to_pay() -> None:
    wire = answers(id="pi_1", url=PAGE, status="processing")
    gateway = a_gateway(wire, secret={**SECRET, "statement_descriptor_suffix": "SHOP"})
    gateway.create_checkout(ATTEMPT, an_order())
    gateway.charge_token(DIRECT, an_order())
    session, charge = (sent_fields(request) for request in wire.sent)
    assert session["payment_intent_data[statement_descriptor_suffix]"] == "SHOP"
    assert charge["statement_descriptor_suffix"] == "SHOP"


@pytest.mark.parametrize(
    "suffix", ["2026", "SHOP*1", "<SHOP>", "O'NEIL", 'THE "SHOP"', "A\\B", "SHOP\nINC", "BÜRO", "A" * 23]
)
def test_a_statement_suffix_that_stripe_would_refuse_is_never_sent(suffix: str) -> None:
    wire = answers(id="pi_1", url=PAGE, status="processing")
    gateway = a_gateway(wire, secret={**SECRET, "statement_descriptor_suffix": suffix})
    for call in (gateway.create_checkout, gateway.charge_token):
        with pytest.raises(
            Misconfigured, match=r"stripe/main/api: field statement_descriptor_suffix (has|does not fit)"
        ):
            call(DIRECT, an_order())
    assert wire.sent == []


@pytest.mark.parametrize("suffix", ["SHOP", "Order 7", "a.b-c_d/e", "A" * 22])
def test_a_good_statement_suffix_is_sent_as_it_is(suffix: str) -> None:
    settings = Settings(a_secret("stripe", {**SECRET, "statement_descriptor_suffix": suffix}))
    assert settings.check().statement_descriptor_suffix == suffix


def test_nothing_secret_is_in_what_is_printed() -> None:
    settings = Settings(a_secret("stripe", SECRET))
    assert (settings.secret_key, settings.publishable_key, settings.webhook_secrets) == (
        "sk_test_1", "pk_test_1", ("whsec_one",)
    )  # fmt: skip
    assert "sk_test_1" not in repr(settings)
    assert "whsec" not in repr(settings)
