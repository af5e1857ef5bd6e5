"""The metrics as Prometheus text: which ones, their names, and their sources."""

from __future__ import annotations

import json
import re
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from dev.tools.expand import read_template
from dev.tools.prometheus import (
    PERIOD_S,
    Sample,
    Shown,
    from_cloudwatch,
    from_logs,
    main,
    shown_metrics,
    snake,
    to_text,
)
from payments.runtime import log
from tests.runtime.written import written_to
from tests.template.operations import FROM_LOGS, METRICS

PERIOD_STARTS_S = 1_800_000_000
SHOWN = shown_metrics(read_template())


def test_every_metric_of_our_own_is_offered_with_the_statistic_of_the_dashboard() -> None:
    assert {shown.name for shown in SHOWN} == METRICS | FROM_LOGS
    stats = {shown.name: shown.stat for shown in SHOWN}
    assert (stats["PaymentCompleted"], stats["OpenCases"], stats["OldestDueSeconds"]) == ("Sum", "Maximum", "Maximum")
    assert [shown.stat for shown in SHOWN if shown.name == "WebhookReceiptToAppliedMs"] == ["p50", "p90", "p99"]


def test_names_are_those_of_prometheus() -> None:
    assert snake("WebhookReceiptToAppliedMs") == "webhook_receipt_to_applied_ms"
    assert snake("PendingOver30Min") == "pending_over_30_min"
    assert snake("CasesOver24Hours") == "cases_over_24_hours"
    names = [f"pavati_{snake(shown.name)}_{shown.stat.lower()}" for shown in SHOWN]
    assert len(set(names)) == len(names)
    assert [name for name in names if not re.fullmatch(r"[a-z_][a-z0-9_]*", name)] == []


def test_the_text_has_help_type_and_value_of_each() -> None:
    samples = [Sample(Shown("PaymentCompleted", "Sum"), 12.0), Sample(Shown("OldestDueSeconds", "Maximum"), 1e9)]
    assert to_text(samples, "sandbox") == (
        "# HELP pavati_oldest_due_seconds_maximum OldestDueSeconds, Maximum of five minutes.\n"
        "# TYPE pavati_oldest_due_seconds_maximum gauge\n"
        'pavati_oldest_due_seconds_maximum{stage="sandbox"} 1000000000\n'
        "# HELP pavati_payment_completed_sum PaymentCompleted, Sum of five minutes.\n"
        "# TYPE pavati_payment_completed_sum gauge\n"
        'pavati_payment_completed_sum{stage="sandbox"} 12\n'
    )


@pytest.mark.parametrize(("after_s", "ended_s_ago"), [(120, 120), (119, 419), (0, 300), (299, 299)])
def test_cloudwatch_is_queried_once_for_five_whole_minutes_that_ended_two_minutes_ago(
    after_s: int, ended_s_ago: int
) -> None:
    now_s = PERIOD_STARTS_S + after_s
    client = boto3.client("cloudwatch", region_name="ap-south-1", aws_access_key_id="x", aws_secret_access_key="x")
    wanted = [Shown("PaymentCompleted", "Sum"), Shown("WebhookReceiptToAppliedMs", "p90"), Shown("LateSuccess", "Sum")]
    until_s = now_s - ended_s_ago
    dimensions = [{"Name": "service", "Value": "pavati-production"}]
    queries: list[dict[str, Any]] = [
        {
            "Id": f"m{place}",
            "MetricStat": {
                "Metric": {"Namespace": "Pavati", "MetricName": shown.name, "Dimensions": dimensions},
                "Period": 300,
                "Stat": shown.stat,
            },
        }
        for place, shown in enumerate(wanted)
    ]
    results = [{"Id": "m1", "Values": [850.0]}, {"Id": "m0", "Values": [7.0]}, {"Id": "m2", "Values": []}]
    with Stubber(client) as stub:
        query = {"MetricDataQueries": queries, "StartTime": until_s - 300, "EndTime": until_s}
        stub.add_response("get_metric_data", {"MetricDataResults": results}, query)
        samples = from_cloudwatch(client, wanted, "production", now_s)
    assert samples == [Sample(wanted[1], 850.0), Sample(wanted[0], 7.0)]


def test_an_answer_of_several_pages_is_read_to_its_end() -> None:
    client = boto3.client("cloudwatch", region_name="ap-south-1", aws_access_key_id="x", aws_secret_access_key="x")
    wanted = [Shown("PaymentCompleted", "Sum"), Shown("LateSuccess", "Sum")]
    first, second = ([{"Id": f"m{place}", "Values": [value]}] for place, value in enumerate((7.0, 1.0)))
    with Stubber(client) as stub:
        stub.add_response("get_metric_data", {"MetricDataResults": first, "NextToken": "more"})
        stub.add_response("get_metric_data", {"MetricDataResults": second})
        samples = from_cloudwatch(client, wanted, "production", PERIOD_STARTS_S)
    assert samples == [Sample(wanted[0], 7.0), Sample(wanted[1], 1.0)]


def written_by_a_function(capfd: pytest.CaptureFixture[str]) -> list[str]:
    with written_to(capfd) as written:
        log.note("request")
        for took in (100, 300, 200):
            log.count("WebhookReceiptToAppliedMs", took)
        log.count("PaymentCompleted")
        log.flush()
        log.count("PaymentCompleted", 2)
        log.flush()
        return written.text().splitlines()


def test_locally_it_reads_what_the_functions_wrote(capfd: pytest.CaptureFixture[str]) -> None:
    lines = written_by_a_function(capfd)
    at_s = json.loads(lines[-1])["_aws"]["Timestamp"] / 1000
    wanted = [Shown("PaymentCompleted", "Sum"), Shown("WebhookReceiptToAppliedMs", "p50"), Shown("LateSuccess", "Sum")]
    assert from_logs(lines, wanted, at_s + 10) == [Sample(wanted[0], 3.0), Sample(wanted[1], 200.0)]
    assert from_logs(lines, wanted, at_s + PERIOD_S + 1) == []


def test_it_has_to_be_named_where(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main([])
    assert "--stage" in capsys.readouterr().err


def test_where_nothing_answers_it_says_so_and_writes_no_metrics(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PORT", "1")
    assert main(["--local"]) == 1
    reported = capsys.readouterr()
    assert reported.out == ""
    assert "make run at http://127.0.0.1:1 (PORT says where)" in reported.err
