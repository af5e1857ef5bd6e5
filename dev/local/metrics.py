"""CloudWatch: the metrics that functions wrote into their logs, and DynamoDB's throttles."""

import json
import statistics
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from dev.local.faults import Throttle
from dev.local.log_groups import lines
from dev.local.protocol import Given, Refusal, Service

_STATISTICS: dict[str, Callable[[list[float]], float]] = {
    "Sum": sum,
    "Maximum": max,
    "Minimum": min,
    "Average": statistics.fmean,
    "SampleCount": len,
}
_THROTTLE_EVENTS = {"ReadThrottleEvents": False, "WriteThrottleEvents": True}


@dataclass(frozen=True)
class Sample:
    at: float
    values: tuple[float, ...]
    unit: str = "Count"


class Metrics:
    def __init__(self, logs: Iterable[Path], throttles: Callable[[], list[Throttle]]) -> None:
        self._logs = tuple(logs)
        self._throttles = throttles

    def samples(self, namespace: str, name: str, dimensions: dict[str, str]) -> Iterator[Sample]:
        if namespace == "AWS/DynamoDB" and name in _THROTTLE_EVENTS:
            for each in self._throttles():
                if each.is_write is _THROTTLE_EVENTS[name] and dimensions == {"TableName": each.table}:
                    yield Sample(each.at, (1.0,))
            return
        for path in self._logs:
            for line in lines(path):
                if '"_aws"' in line.text and name in line.text:
                    yield from _embedded(json.loads(line.text), namespace, name, dimensions)


def service(metrics: Metrics) -> Service:
    def get_statistics(given: Given) -> Given:
        wanted = given.get("Statistics", [])
        if not wanted or set(wanted) - _STATISTICS.keys():
            raise Refusal("InvalidParameterValue", f"Statistics must be some of: {' '.join(_STATISTICS)}")
        dimensions = {each["Name"]: each["Value"] for each in given.get("Dimensions", [])}
        since, until = _seconds(given["StartTime"]), _seconds(given["EndTime"])
        found = metrics.samples(given["Namespace"], given["MetricName"], dimensions)
        by_period: dict[float, list[Sample]] = {}
        for sample in found:
            if since <= sample.at < until:
                by_period.setdefault(sample.at // given["Period"] * given["Period"], []).append(sample)
        points = [_point(at, samples, wanted) for at, samples in sorted(by_period.items())]
        return {"Label": given["MetricName"], "Datapoints": points}

    return Service("cloudwatch", {"GetMetricStatistics": get_statistics})


def _embedded(value: dict[str, Any], namespace: str, name: str, dimensions: dict[str, str]) -> Iterator[Sample]:
    """The values of one line in CloudWatch's embedded metric format."""
    at = value["_aws"]["Timestamp"] / 1000
    for block in value["_aws"]["CloudWatchMetrics"]:
        units = {metric["Name"]: metric.get("Unit", "None") for metric in block["Metrics"]}
        sets = [{key: str(value[key]) for key in keys} for keys in block["Dimensions"]]
        if block["Namespace"] == namespace and name in units and dimensions in sets:
            given = value[name]
            yield Sample(at, tuple(given) if isinstance(given, list) else (given,), units[name])


def _point(at: float, samples: list[Sample], wanted: list[str]) -> dict[str, Any]:
    values = [number for sample in samples for number in sample.values]
    computed = {name: float(_STATISTICS[name](values)) for name in wanted}
    return {"Timestamp": datetime.fromtimestamp(at, UTC), "Unit": samples[0].unit, **computed}


def _seconds(at: datetime) -> float:
    """The request's parser makes it a naive datetime in UTC."""
    return at.replace(tzinfo=UTC).timestamp()
