"""Secrets from Secrets Manager: read if valid, named in the error if not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from payments.gateways.contract.errors import Misconfigured, Unavailable
from payments.runtime import aws
from payments.runtime.timed_cache import TimedCache
from tests.runtime.services import Services, answered_by
from tests.world import HandClock

WHERE = "pavati/dev/stripe/main/api"


@pytest.fixture(autouse=True)
def _no_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Between the tries of a call that AWS throttles or leaves without an answer."""
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda seconds: None)


def read(answer: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    services = Services({"GetSecretValue": lambda _: answer()})
    with answered_by(services):
        try:
            return aws.read_secret(WHERE)
        finally:
            assert {request["SecretId"] for _, request in services.requests} == {WHERE}


@pytest.mark.parametrize("around", ["{}", "{}\n", "\ufeff{}", "  {}\r\n"])
def test_a_secret_is_a_json_object_whatever_stands_around_it(around: str) -> None:
    text = around.replace("{}", '{"secret_key": "sk_test_1"}')
    assert read(lambda: {"SecretString": text}) == {"secret_key": "sk_test_1"}


def test_a_line_break_within_a_field_is_left_to_be_named_with_the_field() -> None:
    assert read(lambda: {"SecretString": '{"a": "b\nc"}'}) == {"a": "b\nc"}


@pytest.mark.parametrize("text", ["", "sk_test_1", "[]", '"x"', "{“a”: “b”}", '{"a": "b",}', "null", "[" * 3000])
def test_what_is_no_json_object_is_reported_to_be_none_and_not_shown(text: str) -> None:
    with pytest.raises(Misconfigured, match=rf"^{WHERE} is no JSON object; write it as") as raised:
        read(lambda: {"SecretString": text})
    assert "sk_test_1" not in str(raised.value)


def test_a_secret_that_is_stored_as_bytes_is_no_json_object() -> None:
    with pytest.raises(Misconfigured, match=f"^{WHERE} is no JSON object"):
        read(lambda: {"SecretBinary": "e30="})


def refuses(code: str) -> Callable[[], dict[str, Any]]:
    def answer() -> dict[str, Any]:
        raise ClientError({"Error": {"Code": code, "Message": "arn:aws:secret"}}, "GetSecretValue")

    return answer


def test_where_there_is_no_secret_it_is_empty() -> None:
    assert read(refuses("ResourceNotFoundException")) == {}


@pytest.mark.parametrize(
    ("code", "why"),
    [("AccessDeniedException", "this function's role may not read it"), ("DecryptionFailure", "its key is denied")],
)
def test_a_secret_that_may_not_be_read_is_for_somebody_to_mend(code: str, why: str) -> None:
    with pytest.raises(Misconfigured, match=f"^{WHERE} could not be read: {why}$") as raised:
        read(refuses(code))
    assert raised.value.needs_person


def times_out() -> dict[str, Any]:
    raise ReadTimeoutError(endpoint_url="https://secret.example")


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (refuses("ThrottlingException"), "ThrottlingException"),
        (refuses("InternalServiceError"), "InternalServiceError"),
        (times_out, "ReadTimeoutError"),
    ],
)
def test_one_that_cannot_be_read_now_is_read_again(answer: Callable[[], dict[str, Any]], why: str) -> None:
    with pytest.raises(Unavailable, match=f"^{WHERE} could not be read: {why}$") as raised:
        read(answer)
    assert not isinstance(raised.value, Misconfigured)
    assert not raised.value.needs_person


def test_a_rotated_secret_is_in_use_after_five_minutes() -> None:
    clock, read_of = HandClock(), list[str]()

    def rotated(secret_id: str) -> dict[str, Any]:
        read_of.append(secret_id)
        return {"key": len(read_of)}

    secrets = TimedCache(rotated, aws.DOCUMENTS_LAST, clock)
    seen = []
    for seconds in (0, 299, 2, 1):
        clock.sleep(seconds)
        seen.append(secrets(WHERE)["key"])
    assert (seen, read_of) == ([1, 1, 2, 2], [WHERE, WHERE])


PUBLIC = "pavati/dev/stripe/main/public"


def read_public(answer: Callable[[], str]) -> dict[str, Any]:
    services = Services({"GetParameter": lambda _: {"Parameter": {"Value": answer()}}})
    with answered_by(services):
        try:
            return aws.read_parameter(PUBLIC)
        finally:
            assert {request["Name"] for _, request in services.requests} == {f"/{PUBLIC}"}


def test_what_is_public_is_read_from_a_parameter() -> None:
    assert read_public(lambda: '{"configured": true}') == {"configured": True}


@pytest.mark.parametrize(
    ("code", "outcome"),
    [
        ("AccessDeniedException", Misconfigured),
        ("ThrottlingException", Unavailable),
        ("InternalServerError", Unavailable),
    ],
)
def test_a_parameter_that_cannot_be_read_is_reported_as_a_secret_is(code: str, outcome: type[Exception]) -> None:
    def refuse() -> str:
        raise ClientError({"Error": {"Code": code, "Message": ""}}, "GetParameter")

    with pytest.raises(Exception, match=f"^{PUBLIC} could not be read: ") as raised:
        read_public(refuse)
    assert raised.type is outcome


def test_a_parameter_that_does_not_exist_is_empty() -> None:
    def refuse() -> str:
        raise ClientError({"Error": {"Code": "ParameterNotFound", "Message": ""}}, "GetParameter")

    assert read_public(refuse) == {}
