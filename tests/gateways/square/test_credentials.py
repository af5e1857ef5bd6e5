"""Square's credentials: missing fields are named, secrets are not shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from payments.domain.values.account import Account
from payments.gateways.contract.errors import Misconfigured
from payments.gateways.registry import build_gateway
from payments.gateways.square import Settings
from tests.gateways.fakes import FakeDeployment, a_secret, parts
from tests.gateways.square.calls import (
    CALLS,
    LIVE_SECRET,
    OPENED,
    PRODUCTION,
    SANDBOX,
    SECRET,
    a_gateway,
    an_sq_order,
    answers,
)


@pytest.mark.parametrize("name", ["access_token", "location_id"])
@pytest.mark.parametrize("value", ["", None, 5])
@pytest.mark.parametrize("call", CALLS)
def test_without_credentials_nothing_is_sent_where_they_are_needed(call: str, name: str, value: object) -> None:
    wire = answers()
    with pytest.raises(Misconfigured, match=f"^pavati/dev/square/main/api: field {name} is "):
        CALLS[call](a_gateway(wire, secret={**SECRET, name: value}))
    assert wire.sent == []


@pytest.mark.parametrize(
    ("deployment", "secret"), [(SANDBOX, LIVE_SECRET), (PRODUCTION, SECRET)], ids=["live in sandbox", "test in live"]
)
def test_credentials_of_the_other_side_are_not_sent(deployment: FakeDeployment, secret: Mapping[str, Any]) -> None:
    wire = answers(order=an_sq_order())
    with pytest.raises(Misconfigured, match="application_id does not fit") as raised:
        a_gateway(wire, deployment, secret).fetch_payment(OPENED)
    assert "EAAA" not in str(raised.value)
    assert wire.sent == []


def test_a_rotated_token_is_seen_by_a_warm_instance() -> None:
    wire = answers(order=an_sq_order("DRAFT"))
    secrets = [SECRET, {**SECRET, "access_token": "EAAArotated"}]
    given = replace(parts(wire, SANDBOX), read_secret=lambda name: secrets[0])
    gateway = build_gateway(Account("square"), given)
    gateway.fetch_payment(OPENED)
    secrets.pop(0)
    gateway.fetch_payment(OPENED)
    assert [sent.headers["authorization"] for sent in wire.sent] == ["Bearer EAAAtestToken", "Bearer EAAArotated"]


def test_the_secret_is_read_only_when_it_is_needed() -> None:
    reads: list[str] = []

    def read(name: str) -> Mapping[str, Any]:
        reads.append(name)
        return SECRET

    gateway = build_gateway(Account("square"), replace(parts(answers(order=an_sq_order()), SANDBOX), read_secret=read))
    assert reads == []
    gateway.fetch_payment(OPENED)
    assert set(reads) == {"pavati/dev/square/main/api"}


def test_nothing_secret_is_in_what_is_printed() -> None:
    settings = Settings(a_secret("square", SECRET))
    calls = (settings.access_token, settings.application_id, settings.location_id)
    assert calls == ("EAAAtestToken", "sandbox-sq0idb-test", "L1")
    assert (settings.signature_keys, settings.notification_url) == (("new-key", "old-key"), SECRET["notification_url"])
    assert "EAAA" not in repr(settings)
    assert "key" not in repr(settings).replace("signature_keys", "")
