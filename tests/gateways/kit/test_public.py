"""What a browser may know about an account, from the parameter `…/public`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from dev.local.credentials import document_named
from payments.domain.values.account import Account
from payments.gateways.contract.errors import Misconfigured, Unavailable
from payments.gateways.contract.public import NOT_SET_UP, PublicValues
from payments.gateways.facts import facts_of
from payments.gateways.kit.public import read_public
from payments.gateways.registry import GATEWAYS
from tests.gateways.fakes import FakeDeployment

SANDBOX, PRODUCTION = (FakeDeployment(gateway_mode=mode) for mode in ("sandbox", "production"))
ON = {"configured": True}
SQUARE = {"application_id": "sandbox-sq0idb-a", "location_id": "L1"}


def reported(gateway: str, deployment: FakeDeployment, document: Mapping[str, Any]) -> PublicValues:
    return read_public(Account(gateway, "second"), deployment, lambda name: document)


@pytest.mark.parametrize(
    ("gateway", "deployment", "document", "values"),
    [
        ("stripe", SANDBOX, {"publishable_key": "pk_test_1"}, {"publishable_key": "pk_test_1"}),
        ("stripe", SANDBOX, {"publishable_key": " pk_test_1\n"}, {"publishable_key": "pk_test_1"}),
        ("stripe", PRODUCTION, {"publishable_key": "pk_live_1"}, {"publishable_key": "pk_live_1"}),
        ("stripe", SANDBOX, {"publishable_key": "pk_test_1", "secret_key": "sk"}, {"publishable_key": "pk_test_1"}),
        ("stripe", SANDBOX, {}, {}),
        ("square", SANDBOX, SQUARE, SQUARE),
        ("razorpay", SANDBOX, {"key_id": "rzp_test_1", "key_secret": "hidden"}, {"key_id": "rzp_test_1"}),
        ("paypal", SANDBOX, {"client_id": "APP", "merchant_id": "M"}, {"client_id": "APP"}),
        ("phonepe", SANDBOX, {"client_id": "APP"}, {}),
    ],
)
def test_a_browser_gets_what_its_script_needs_and_nothing_else(
    gateway: str, deployment: FakeDeployment, document: Mapping[str, Any], values: Mapping[str, str]
) -> None:
    assert reported(gateway, deployment, {**ON, **document}) == PublicValues(is_configured=True, values=values)


@pytest.mark.parametrize(
    ("gateway", "deployment", "document", "why"),
    [
        ("stripe", PRODUCTION, {"publishable_key": "pk_test_1"}, "publishable_key does not fit: it must begin"),
        ("stripe", SANDBOX, {"publishable_key": "sk_test_1"}, "publishable_key does not fit: it must begin"),
        ("stripe", SANDBOX, {"publishable_key": 7}, "publishable_key is not a text"),
        ("square", SANDBOX, {**SQUARE, "application_id": "live"}, "application_id does not fit"),
        ("phonepe", SANDBOX, {"configured": "true"}, "configured is neither true nor false; write it without quotes"),
        ("phonepe", SANDBOX, {"configured": 1}, "configured is neither true nor false"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_named_and_not_shown(
    gateway: str, deployment: FakeDeployment, document: Mapping[str, Any], why: str
) -> None:
    with pytest.raises(Misconfigured, match=f"^pavati/dev/{gateway}/second/public: field {why}") as raised:
        reported(gateway, deployment, {**ON, **document})
    assert not any(str(value) in str(raised.value) for value in document.values() if str(value).startswith("sk_"))


@pytest.mark.parametrize("response", [{}, {"configured": False}])
def test_an_account_is_configured_once_its_operator_says_true(response: Mapping[str, Any]) -> None:
    assert reported("phonepe", SANDBOX, response) == NOT_SET_UP


def test_each_account_has_its_own_parameter() -> None:
    request: list[str] = []

    def read(name: str) -> Mapping[str, Any]:
        request.append(name)
        return ON

    read_public(Account("stripe", "second"), SANDBOX, read)
    assert set(request) == {"pavati/dev/stripe/second/public"}


@pytest.mark.parametrize("error", [Misconfigured("no JSON object"), Unavailable("throttled")])
def test_what_cannot_be_read_is_an_error(error: Exception) -> None:
    def read(name: str) -> Mapping[str, Any]:
        raise error

    with pytest.raises(type(error), match=str(error)):
        read_public(Account("stripe"), SANDBOX, read)


@pytest.mark.parametrize("gateway", GATEWAYS)
def test_what_is_public_is_a_field_of_the_secret_for_calls_and_never_its_key(gateway: str) -> None:
    fields = {field.name for field in facts_of(gateway).fields_of("sandbox") if field.part == "api"}
    assert set(facts_of(gateway).PUBLIC) <= fields
    calls = document_named(f"pavati/dev/{gateway}/main/api", "https://shop.example")
    public = document_named(f"pavati/dev/{gateway}/main/public", "https://shop.example")
    assert public == {"configured": True, **{name: calls[name] for name in facts_of(gateway).PUBLIC}}
    assert not any(code in name for name in public for code in ("secret", "token"))
