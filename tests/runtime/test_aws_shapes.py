"""Requests to other services than DynamoDB, checked by their models: the clients do not check them."""

from __future__ import annotations

from typing import Any

import pytest

from dev.dynamodb_model.shapes import operations, wrong
from payments.runtime import aws
from tests.world import a_world

_MACHINE = "arn:aws:states:ap-south-1:123456789012:stateMachine:poll"


class Client:
    """Records its requests."""

    def __init__(self) -> None:
        self.requests: list[tuple[str, dict[str, Any]]] = []

    def __getattr__(self, method: str) -> Any:
        def call(**request: Any) -> dict[str, Any]:
            self.requests.append((method, request))
            return {"SecretString": "{}", "Parameter": {"Value": "{}"}}

        return call


def test_what_is_sent_to_other_services_than_dynamodb_is_well_shaped(monkeypatch: pytest.MonkeyPatch) -> None:
    client = Client()
    monkeypatch.setattr(aws, "_flow_client", lambda: client)
    monkeypatch.setattr(aws, "client", lambda service: client)
    with a_world() as world:
        payment = world.payment(world.initiate()["payment_id"])
    assert aws.StepFunctions(_MACHINE).start_poll(payment, payment.current)
    aws.read_secret("pavati/dev/stripe/main/api")
    aws.read_parameter("pavati/dev/stripe/main/public")
    shapes = operations("stepfunctions") | operations("secretsmanager") | operations("ssm")
    assert [(method, wrong(request, shapes[method].input_shape)) for method, request in client.requests] == [
        ("start_execution", ""),
        ("get_secret_value", ""),
        ("get_parameter", ""),
    ]


@pytest.mark.parametrize("name", ["x" * 81, ""])
def test_a_name_of_an_execution_that_step_functions_refuses_is_seen(name: str) -> None:
    request = {"stateMachineArn": _MACHINE, "name": name}
    assert wrong(request, operations("stepfunctions")["start_execution"].input_shape)
