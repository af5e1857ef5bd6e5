"""CloudWatch Logs: the template's log groups, with the lines that the functions and the API wrote."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from dev.local.blueprint import ACCOUNT, REGION, Blueprint, LogGroupSpec
from dev.local.filter_pattern import BadPatternError, compiled
from dev.local.protocol import Given, Refusal, Service

ACCESS_LOG = "HttpApi"
_STREAM = "local"
_EVENTS_MAX = 10_000


@dataclass(frozen=True)
class Line:
    at_ms: int
    text: str


def files(blueprint: Blueprint, folder: Path) -> dict[str, Path]:
    """The log file of each group, by the group's name."""
    found = {function.log_group: folder / f"{name}.log" for name, function in blueprint.functions.items()}
    if blueprint.access_log:
        found[blueprint.access_log.group] = folder / f"{ACCESS_LOG}.log"
    return found


def lines(path: Path) -> Iterator[Line]:
    """The lines with their times. A line without a time, as of a traceback, has that of the line before."""
    if not path.exists():
        return
    at_ms = int(path.stat().st_ctime * 1000)
    with path.open(errors="replace") as written:
        for text in written:
            at_ms = _at_ms(text) or at_ms
            yield Line(at_ms, text.rstrip("\n"))


def service(groups: tuple[LogGroupSpec, ...], file_by_group: Mapping[str, Path]) -> Service:
    by_name = {group.name: group for group in groups}

    def describe(given: Given) -> Given:
        prefix = given.get("logGroupNamePrefix", "")
        return {"logGroups": [_described(by_name[name]) for name in sorted(by_name) if name.startswith(prefix)]}

    def filter_events(given: Given) -> Given:
        group = given.get("logGroupName") or given.get("logGroupIdentifier", "")
        if group not in by_name:
            raise Refusal("ResourceNotFoundException", "The specified log group does not exist.")
        try:
            matches = compiled(given.get("filterPattern", ""))
        except BadPatternError as fault:
            raise Refusal("InvalidParameterException", f"Invalid filter pattern: {fault}") from fault
        since, until = given.get("startTime", 0), given.get("endTime", float("inf"))
        path = file_by_group.get(group)
        found = [
            _event(number, line)
            for number, line in enumerate(lines(path) if path else ())
            if since <= line.at_ms < until and matches(line.text)
        ]
        return _page(found, given)

    return Service("logs", {"DescribeLogGroups": describe, "FilterLogEvents": filter_events})


def _page(found: list[dict[str, Any]], given: Given) -> Given:
    start, most = int(given.get("nextToken", 0)), given.get("limit", _EVENTS_MAX)
    more = {"nextToken": str(start + most)} if len(found) > start + most else {}
    return {"events": found[start : start + most], "searchedLogStreams": [], **more}


def _described(group: LogGroupSpec) -> dict[str, Any]:
    arn = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{group.name}"
    described: dict[str, Any] = {"logGroupName": group.name, "arn": f"{arn}:*", "logGroupArn": arn}
    return described | ({"retentionInDays": group.retention_days} if group.retention_days else {})


def _event(number: int, line: Line) -> dict[str, Any]:
    return {
        "logStreamName": _STREAM,
        "timestamp": line.at_ms,
        "message": line.text,
        "ingestionTime": line.at_ms,
        "eventId": f"{number:056d}",
    }


def _at_ms(text: str) -> int | None:
    """The time of a line by Powertools, of its metrics, or of the access log (epoch milliseconds)."""
    try:
        value = json.loads(text)
        if "_aws" in value:
            return int(value["_aws"]["Timestamp"])
        if "timestamp" in value:
            return int(datetime.strptime(value["timestamp"], "%Y-%m-%d %H:%M:%S,%f%z").timestamp() * 1000)
        return int(datetime.strptime(value["time"], "%d/%b/%Y:%H:%M:%S %z").timestamp() * 1000)
    except (ValueError, TypeError, KeyError):
        return None
