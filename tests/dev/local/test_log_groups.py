"""The lines of a log file as log events, and the metrics that are in them."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from dev.local.blueprint import LogGroupSpec
from dev.local.faults import Throttle
from dev.local.log_groups import Line, lines, service
from dev.local.metrics import Metrics
from gateway_simulators.kit.messages import Request, Response

WRITTEN = """\
{"level":"INFO","message":"request","timestamp":"2026-01-02 03:04:05,678+0000","http_status":200}
Traceback (most recent call last):
{"_aws":{"Timestamp":1767323046000,"CloudWatchMetrics":[{"Namespace":"Pavati","Dimensions":[["service"]],\
"Metrics":[{"Name":"PaymentCreated","Unit":"Count"}]}]},"service":"pavati-dev","PaymentCreated":[1.0,2.0]}
{"time":"02/Jan/2026:03:05:00 +0000","status":"401"}
"""
AT = 1767323045678


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "Function.log"
    path.write_text(WRITTEN)
    return path


def test_each_line_has_the_time_that_it_names_or_that_of_the_line_before(log: Path) -> None:
    assert [line.at_ms for line in lines(log)] == [AT, AT, 1767323046000, 1767323100000]
    assert list(lines(log))[1] == Line(AT, "Traceback (most recent call last):")


def test_a_function_that_never_ran_has_no_lines(tmp_path: Path) -> None:
    assert list(lines(tmp_path / "none.log")) == []


def events(log: Path, body: str) -> Response:
    target = ("X-Amz-Target", "Logs_20140328.FilterLogEvents")
    headers = [target, ("Content-Type", "application/x-amz-json-1.1")]
    return service((LogGroupSpec("/g"), LogGroupSpec("/empty")), {"/g": log})(
        Request("POST", "/", headers, body.encode())
    )


@pytest.mark.parametrize(
    ("body", "count"),
    [
        ('{"logGroupName": "/g"}', 4),
        ('{"logGroupName": "/g", "startTime": 1767323046000}', 2),
        ('{"logGroupName": "/g", "endTime": 1767323046000}', 2),
        ('{"logGroupName": "/g", "filterPattern": "Traceback"}', 1),
        ('{"logGroupName": "/g", "limit": 3}', 3),
        ('{"logGroupName": "/g", "limit": 3, "nextToken": "3"}', 1),
        ('{"logGroupName": "/empty"}', 0),
    ],
)
def test_events_are_chosen_by_time_and_pattern_and_come_in_pages(log: Path, body: str, count: int) -> None:
    assert events(log, body).body.count(b'"eventId"') == count


def test_who_follows_the_tokens_sees_each_event_once(log: Path) -> None:
    seen: list[str] = []
    wanted: dict[str, Any] = {"logGroupName": "/g", "limit": 1}
    while wanted:
        page = json.loads(events(log, json.dumps(wanted)).body)
        seen += [event["eventId"] for event in page["events"]]
        assert len(seen) <= 4
        wanted = wanted | {"nextToken": page["nextToken"]} if "nextToken" in page else {}
    assert len(set(seen)) == 4


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ('{"logGroupName": "/other"}', b"ResourceNotFoundException"),
        ('{"logGroupName": "/g", "filterPattern": "{ x }"}', b"InvalidParameterException"),
    ],
)
def test_what_is_wrong_is_named_as_aws_names_it(log: Path, body: str, code: bytes) -> None:
    answer = events(log, body)
    assert (answer.http_status, code in answer.body) == (400, True)


def values(metrics: Metrics, *wanted: Any) -> list[tuple[float, ...]]:
    return [sample.values for sample in metrics.samples(*wanted)]


def test_metrics_are_read_out_of_the_lines_and_throttles_out_of_the_faults(log: Path) -> None:
    metrics = Metrics([log], lambda: [Throttle(datetime.now().astimezone().timestamp(), "t", is_write=True)])
    assert values(metrics, "Pavati", "PaymentCreated", {"service": "pavati-dev"}) == [(1.0, 2.0)]
    assert values(metrics, "Pavati", "PaymentCreated", {"service": "pavati-production"}) == []
    assert values(metrics, "Pavati", "Payment", {"service": "pavati-dev"}) == []
    assert values(metrics, "AWS/DynamoDB", "WriteThrottleEvents", {"TableName": "t"}) == [(1.0,)]
    assert values(metrics, "AWS/DynamoDB", "ReadThrottleEvents", {"TableName": "t"}) == []
