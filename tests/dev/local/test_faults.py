"""Faults of DynamoDB, Secrets Manager and Step Functions."""

import json
from typing import Any

import pytest

from dev.local.faults import WANTED, BadFaultError, Faults
from gateway_simulators.kit.messages import Request


def call(target: str, body: Any) -> Request:
    return Request("POST", "/", [("X-Amz-Target", target)], json.dumps(body).encode())


def get_item() -> Request:
    return call("DynamoDB_20120810.GetItem", {"TableName": "dev-things"})


THROTTLE = {"fault": "throttle", "service": "dynamodb"}


def test_a_fault_is_used_up_by_the_calls_it_hits() -> None:
    faults = Faults()
    faults.arm({**THROTTLE, "times": 2})
    answers = [faults.answer(get_item()) for _ in range(3)]
    assert [answer and answer.http_status for answer in answers] == [400, 400, None]
    assert faults.list() == []


def test_minus_one_lasts_until_it_is_cleared() -> None:
    faults = Faults()
    faults.arm({**THROTTLE, "times": -1})
    assert all(faults.answer(get_item()) for _ in range(50))
    faults.clear()
    assert faults.answer(get_item()) is None


def test_a_throttled_call_is_named_as_dynamodb_names_it_and_counted_by_table() -> None:
    faults = Faults()
    faults.arm({**THROTTLE, "times": -1})
    one = faults.answer(get_item())
    writes = [{"Put": {"TableName": "dev-things"}}, {"Update": {"TableName": "dev-others"}}]
    both = faults.answer(call("DynamoDB_20120810.TransactWriteItems", {"TransactItems": writes}))
    assert one
    assert both
    assert json.loads(one.body)["__type"].endswith("#ProvisionedThroughputExceededException")
    assert json.loads(both.body)["__type"].endswith("#TransactionCanceledException")
    assert [reason["Code"] for reason in json.loads(both.body)["CancellationReasons"]] == ["ThrottlingError"] * 2
    counted = [(each.table, each.is_write) for each in faults.throttles]
    assert counted == [("dev-things", False), ("dev-things", True), ("dev-others", True)]


def test_each_fault_hits_its_own_service_and_nothing_else() -> None:
    faults = Faults()
    for fault, service in (("throttle", "dynamodb"), ("lose", "secretsmanager"), ("refuse", "stepfunctions")):
        faults.arm({"fault": fault, "service": service, "times": -1})
    hit = ("DynamoDB_20120810.Query", "secretsmanager.GetSecretValue", "AWSStepFunctions.StartExecution")
    missed = ("DynamoDB_20120810.ListTables", "secretsmanager.PutSecretValue", "AWSStepFunctions.ListExecutions")
    assert [bool(faults.answer(call(target, {}))) for target in (*hit, *missed)] == [True] * 3 + [False] * 3


@pytest.mark.parametrize(
    "wanted",
    [
        {},
        {"fault": "throttle"},
        {"fault": "throttle", "service": "stepfunctions"},
        {"fault": "burn", "service": "dynamodb"},
        {"fault": ["throttle"], "service": "dynamodb"},
        {**THROTTLE, "times": 0},
        {**THROTTLE, "times": True},
        {**THROTTLE, "times": 1.5},
        {**THROTTLE, "op": "pay"},
    ],
)
def test_bad_input_is_answered_with_what_to_send(wanted: dict[str, Any]) -> None:
    with pytest.raises(BadFaultError) as refused:
        Faults().arm(wanted)
    assert str(refused.value) == WANTED
