"""The polling execution: its input, its time limit, and what is logged if it cannot start."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.exceptions import ClientError, ConnectTimeoutError

from payments.domain.records.payment import Attempt, Payment
from payments.domain.values.clock import to_text
from payments.runtime import aws
from tests.runtime.services import Services, answered_by, response
from tests.runtime.written import Written, written_to
from tests.world import a_world

_MACHINE = "arn:aws:states:ap-south-1:123456789012:stateMachine:poll"


@pytest.fixture
def written(capfd: pytest.CaptureFixture[str]) -> Iterator[Written]:
    with written_to(capfd) as found:
        yield found


@pytest.fixture(scope="module")
def sent_again() -> tuple[Payment, Attempt]:
    """A payment whose order went to the gateway a second time, five minutes after the first."""
    with a_world() as world:
        payment = world.payment(world.initiate()["payment_id"])
    sent_at = payment.current.created_at + timedelta(minutes=5)
    attempt = replace(payment.current, sent_at=sent_at, expires_at=sent_at + timedelta(minutes=20))
    return payment.with_attempt(attempt), attempt


def start(
    sent_again: tuple[Payment, Attempt], error: Exception | None = None, machine: str = _MACHINE
) -> tuple[bool, list[dict[str, Any]]]:
    """Whether it counts as started, and the request to Step Functions."""

    def answer(_: dict[str, Any]) -> dict[str, Any]:
        if error:
            raise error
        return {}

    services = Services({"StartExecution": answer})
    with answered_by(services):
        is_started = aws.StepFunctions(machine).start_poll(*sent_again)
    return is_started, [request for _, request in services.requests]


def test_an_execution_is_named_after_its_attempt_and_counts_from_the_newest_call(
    sent_again: tuple[Payment, Attempt],
) -> None:
    payment, attempt = sent_again
    assert len({attempt.created_at, attempt.sent_at, attempt.expires_at}) == 3
    is_started, (wanted,) = start(sent_again)
    assert is_started
    assert (wanted["stateMachineArn"], wanted["name"]) == (_MACHINE, attempt.id)
    assert json.loads(wanted["input"]) == {
        "workspace_id": "ws_demo",
        "payment_id": payment.id,
        "attempt_id": attempt.id,
        "sent_at": to_text(attempt.sent_at),
        "expires_at": to_text(attempt.expires_at),
    }


def test_without_a_machine_nothing_is_started_and_the_sweep_carries(
    sent_again: tuple[Payment, Attempt],
) -> None:
    assert start(sent_again, machine="") == (False, [])


def refused(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "arn"}}, "StartExecution")


def test_an_execution_that_runs_already_carries_the_attempt(
    sent_again: tuple[Payment, Attempt], written: Written
) -> None:
    is_started, _ = start(sent_again, refused("ExecutionAlreadyExists"))
    assert is_started
    assert written.lines() == []


@pytest.mark.parametrize(
    ("error", "reported"),
    [
        (refused("ExecutionLimitExceeded"), "ExecutionLimitExceeded"),
        (refused("AccessDeniedException"), "AccessDeniedException"),
        (ConnectTimeoutError(endpoint_url="https://states.example"), "ConnectTimeoutError"),
    ],
)
def test_what_is_not_started_is_reported_with_its_attempt_and_left_to_the_sweep(
    sent_again: tuple[Payment, Attempt],
    written: Written,
    error: Exception,
    reported: str,
) -> None:
    is_started, _ = start(sent_again, error)
    assert is_started is False
    (line,) = written.lines()
    assert (line["message"], line["level"], line["error"]) == ("poll.unstarted", "WARNING", reported)
    assert line["attempt_id"] == sent_again[1].id


# --- the clients' own limits


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The requests to services of which each always fails."""
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda seconds: None)
    requests: list[str] = []

    def fails(request: AWSPreparedRequest, **_: Any) -> AWSResponse:
        requests.append(str(request.url))
        return response(request, 500, b'{"__type": "InternalServerError"}')

    with answered_by(fails):
        yield requests


def tries(sent: list[str], client: Any, method: str, request: Mapping[str, Any]) -> int:
    """How many calls a client makes if the service always fails."""
    sent.clear()
    with pytest.raises(ClientError):
        getattr(client, method)(**request)
    return len(sent)


def test_a_failing_store_is_tried_three_times_and_a_polling_execution_once(sent: list[str]) -> None:
    key = {"pk": {"S": "a"}, "sk": {"S": "b"}}
    assert tries(sent, aws.client("dynamodb"), "get_item", {"TableName": "t", "Key": key}) == 3
    assert tries(sent, aws.client("secretsmanager"), "get_secret_value", {"SecretId": "s"}) == 3
    execution = {"stateMachineArn": _MACHINE, "name": "a", "input": "{}"}
    assert tries(sent, aws._flow_client(), "start_execution", execution) == 1


def test_a_silent_service_is_given_up_long_before_the_answer_is_due(sent: list[str]) -> None:
    for client in (aws.client("dynamodb"), aws.client("secretsmanager"), aws._flow_client()):
        config = client.meta.config
        assert (config.connect_timeout, config.read_timeout) == (1, 2)


def test_a_client_has_a_connection_for_every_row_that_a_sweep_may_work_on(sent: list[str]) -> None:
    assert aws.client("dynamodb").meta.config.max_pool_connections >= 64  # The most of SWEEP_ROWS_AT_ONCE.
