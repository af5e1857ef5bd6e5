"""Requests to other services than DynamoDB, checked by their models: the clients do not check them."""

from __future__ import annotations

import pytest

from dev.dynamodb_model.shapes import operations, wrong
from payments.runtime import aws
from tests.runtime.services import Services, answered_by
from tests.world import a_world

_MACHINE = "arn:aws:states:ap-south-1:123456789012:stateMachine:poll"


def test_what_is_sent_to_other_services_than_dynamodb_is_well_shaped() -> None:
    services = Services(
        {
            "StartExecution": lambda _: {},
            "GetSecretValue": lambda _: {"SecretString": "{}"},
            "GetParameter": lambda _: {"Parameter": {"Value": "{}"}},
        }
    )
    with a_world() as world:
        payment = world.payment(world.initiate()["payment_id"])
    with answered_by(services):
        assert aws.StepFunctions(_MACHINE).start_poll(payment, payment.current)
        aws.read_secret("pavati/dev/stripe/main/api")
        aws.read_parameter("pavati/dev/stripe/main/public")
    models = operations("stepfunctions") | operations("secretsmanager") | operations("ssm")
    shapes = {model.name: model.input_shape for model in models.values()}
    assert [(operation, wrong(request, shapes[operation])) for operation, request in services.requests] == [
        ("StartExecution", ""),
        ("GetSecretValue", ""),
        ("GetParameter", ""),
    ]


@pytest.mark.parametrize("name", ["x" * 81, ""])
def test_a_name_of_an_execution_that_step_functions_refuses_is_seen(name: str) -> None:
    request = {"stateMachineArn": _MACHINE, "name": name}
    assert wrong(request, operations("stepfunctions")["start_execution"].input_shape)
