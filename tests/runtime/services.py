"""AWS in this process: the function's own botocore clients, whose requests are answered here and leave no process."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, cast

import pytest
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.compat import HTTPHeaders
from botocore.exceptions import ClientError

from dev.local.dynamodb import Wire
from gateway_simulators.kit.messages import Request
from payments.runtime import aws

Answer = Callable[[dict[str, Any]], Mapping[str, Any]]
_ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "a",
    "AWS_SECRET_ACCESS_KEY": "s",
    "AWS_REGION": "ap-south-1",
    "AWS_DEFAULT_REGION": "ap-south-1",
}


@dataclass
class Services:
    """Answers by operation, `GetSecretValue`. An answer raises ClientError for a refusal, others for no answer.

    `tables` is a client of DynamoDB; `requests` has what was sent to the other services.
    """

    answers: dict[str, Answer] = field(default_factory=dict)
    tables: Any = None
    requests: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def __call__(self, request: AWSPreparedRequest, **more: Any) -> AWSResponse:
        target, body = _text(request.headers["X-Amz-Target"]), cast("bytes", request.body)
        service, _, operation = target.rpartition(".")
        if service.startswith("DynamoDB"):
            answer = Wire(self.tables)(Request("POST", "/", [("x-amz-target", target)], body))
            return response(request, answer.http_status, answer.body)
        given = json.loads(body)
        self.requests.append((operation, given))
        try:
            return response(request, 200, json.dumps(self.answers[operation](given)).encode())
        except ClientError as refusal:
            error = refusal.response["Error"]
            document = {"__type": error["Code"], "message": error["Message"]}
            return response(request, 400, json.dumps(document).encode())


class _Raw:
    """A body as botocore reads it off the wire."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def stream(self, **_: Any) -> Iterator[bytes]:
        yield self._body


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value


def response(request: AWSPreparedRequest, status: int, body: bytes) -> AWSResponse:
    return AWSResponse(str(request.url), status, HTTPHeaders(), _Raw(body))


@contextmanager
def answered_by(services: Callable[..., AWSResponse]) -> Iterator[None]:
    """Every client that a function makes meanwhile sends its requests to `services`."""
    made, session = (aws.client, aws._flow_client), cast("Any", aws._session())
    with pytest.MonkeyPatch.context() as environment:
        for name, value in _ENVIRONMENT.items():
            environment.setenv(name, value)
        environment.delenv("AWS_ENDPOINT_URL", raising=False)
        for each in made:
            each.cache_clear()
        session.register("before-send", services)
        try:
            yield
        finally:
            session.unregister("before-send", services)
            for each in made:
                each.cache_clear()
