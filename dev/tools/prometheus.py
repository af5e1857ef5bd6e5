"""The deployment's metrics as Prometheus text: `python -m dev.tools.prometheus --stage production`.

CloudWatch has a minute's numbers one or two minutes later. This reads those of five whole minutes that ended at least
two minutes ago. `--local` reads the log lines of the functions of `make run`.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple
from urllib.request import urlopen

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from dev.tools.alarms import statistic
from dev.tools.expand import Template, read_template

NAMESPACE = "Pavati"
PERIOD_S = 300
_SETTLED_S = 120  # CloudWatch has a period's numbers complete by then.
_LINES_MAX = 1_000_000  # Of a local log.


class Shown(NamedTuple):
    """A metric, and its useful statistic."""

    name: str
    stat: str


class Sample(NamedTuple):
    shown: Shown
    value: float


def shown_metrics(template: Template) -> list[Shown]:
    """The deployment's own metrics on the dashboard, with the statistics shown there."""
    body = json.loads(template["Resources"]["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"])
    found: dict[Shown, None] = {}
    for properties in (widget["properties"] for widget in body["widgets"]):
        usual = properties.get("stat", "Average")
        for namespace, name, options in _rows(properties.get("metrics", ())):
            if namespace == NAMESPACE:
                found[Shown(name, options.get("stat", usual))] = None
    return list(found)


def _rows(metrics: Iterable[list[Any]]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """Namespace, name and options. A dot stands for the same entry of the row before, three dots for all of it."""
    before: list[str] = []
    for row in metrics:
        texts = [each for each in row if isinstance(each, str)]
        if not texts:
            continue  # An expression.
        if texts[0] == "...":
            texts = before[: len(before) - len(texts) + 1] + texts[1:]
        before = [was if text == "." else text for text, was in zip(texts, before or texts, strict=False)]
        yield before[0], before[1], row[-1] if isinstance(row[-1], dict) else {}


def to_text(samples: Iterable[Sample], stage: str) -> str:
    """One gauge for each metric and statistic. A metric without data has no line, which is not 0."""
    lines: list[str] = []
    for shown, value in sorted(samples):
        name = f"pavati_{snake(shown.name)}_{shown.stat.lower()}"
        lines += [
            f"# HELP {name} {shown.name}, {shown.stat} of five minutes.",
            f"# TYPE {name} gauge",
            f'{name}{{stage="{stage}"}} {value:.15g}',
        ]
    return "".join(f"{line}\n" for line in lines)


def snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[a-z])(?=[0-9])", "_", name).lower()


def from_cloudwatch(client: Any, wanted: Sequence[Shown], stage: str, now_s: float) -> list[Sample]:
    """The last whole and settled period: one call for all metrics, or one per page of the answer."""
    until_s = int(now_s - _SETTLED_S) // PERIOD_S * PERIOD_S
    queries = [_query(f"m{place}", shown, stage) for place, shown in enumerate(wanted)]
    pages = client.get_paginator("get_metric_data").paginate(
        MetricDataQueries=queries, StartTime=until_s - PERIOD_S, EndTime=until_s
    )
    found = [result for page in pages for result in page["MetricDataResults"] if result["Values"]]
    return [Sample(wanted[int(result["Id"][1:])], result["Values"][0]) for result in found]


def _query(query_id: str, shown: Shown, stage: str) -> dict[str, Any]:
    dimensions = [{"Name": "service", "Value": f"pavati-{stage}"}]
    metric = {"Namespace": NAMESPACE, "MetricName": shown.name, "Dimensions": dimensions}
    return {"Id": query_id, "MetricStat": {"Metric": metric, "Period": PERIOD_S, "Stat": shown.stat}}


def from_logs(lines: Iterable[str], wanted: Sequence[Shown], now_s: float) -> list[Sample]:
    """What functions have written in the last five minutes in the embedded metric format."""
    values: dict[str, list[float]] = {}
    for line in lines:
        if '"CloudWatchMetrics"' not in line:
            continue
        written = json.loads(line[line.index("{") :])
        if written["_aws"]["Timestamp"] / 1000 <= now_s - PERIOD_S:
            continue
        for metric in written["_aws"]["CloudWatchMetrics"][0]["Metrics"]:
            given = written[metric["Name"]]
            values.setdefault(metric["Name"], []).extend(given if isinstance(given, list) else [given])
    of_all = ((shown, statistic(shown.stat, values.get(shown.name, []))) for shown in wanted)
    return [Sample(shown, value) for shown, value in of_all if value is not None]


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m dev.tools.prometheus", description=__doc__)
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--stage", help="of a deployment; region and profile are those of the AWS CLI")
    where.add_argument("--local", action="store_true", help="make run; PORT says where")
    given = parser.parse_args(arguments)
    try:
        samples = _of_make_run() if given.local else _of_stage(given.stage)
    except (OSError, BotoCoreError, ClientError) as failure:
        requested = (
            f"make run at {_local_url()} (PORT says where)" if given.local else "CloudWatch (AWS_REGION, AWS_PROFILE)"
        )
        sys.stderr.write(f"no metrics could be read of {requested}: {failure}\n")
        return 1
    sys.stdout.write(to_text(samples, given.stage or "dev"))
    return 0


def _local_url() -> str:
    return f"http://127.0.0.1:{os.environ.get('PORT') or 8000}"


def _of_make_run() -> list[Sample]:
    with urlopen(f"{_local_url()}/_local/logs?lines={_LINES_MAX}", timeout=10) as answer:  # noqa: S310
        logs: dict[str, list[str]] = json.load(answer)
    return from_logs((line for lines in logs.values() for line in lines), shown_metrics(read_template()), time.time())


def _of_stage(stage: str) -> list[Sample]:
    client = boto3.client("cloudwatch")
    return from_cloudwatch(client, shown_metrics(read_template()), stage, time.time())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
