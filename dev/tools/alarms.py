"""Judge the template's alarms over samples of metrics as CloudWatch would: for tests, without AWS.

Modelled are statistics of a period, expressions with FILL and IF, thresholds, M of N periods, missing data, and rules
of composite alarms. Periods end at the time of judging.
"""

from __future__ import annotations

import ast
import math
import operator
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from dev.tools.expand import Template

Metric = tuple[
    str, str, str
]  # Namespace, name, and the resource: a logical id, `Table/index`, or a text with ${Stage}.
Numbers = Mapping[str, float | None]
_OURS = "pavati-${Stage}"


@dataclass(slots=True)
class Samples:
    """Values by metric and second."""

    of: dict[Metric, list[tuple[float, float]]] = field(default_factory=lambda: defaultdict(list))

    def add(self, metric: Metric, at_s: float, value: float) -> None:
        self.of[metric].append((at_s, value))

    def within(self, metric: Metric, after_s: float, until_s: float) -> list[float]:
        return [value for at_s, value in self.of.get(metric, ()) if after_s < at_s <= until_s]


def ours(name: str) -> Metric:
    return ("Pavati", name, _OURS)


@dataclass(frozen=True, slots=True)
class Query:
    metric: Metric
    stat: str


@dataclass(frozen=True, slots=True)
class Alarm:
    """`expression` uses the names of `queries`."""

    name: str
    expression: str
    queries: Mapping[str, Query]
    period_s: int
    operator: str
    threshold: float
    periods: int
    breaching_periods: int
    missing_is_breaching: bool
    rule: tuple[str, ...] = ()  # Of a composite alarm: it is red if all of these are.


def read_alarms(template: Template) -> dict[str, Alarm]:
    """The template's alarms by logical id. A threshold that is a parameter has its default."""
    alarms: dict[str, Alarm] = {}
    for name, resource in template["Resources"].items():
        if resource["Type"] == "AWS::CloudWatch::Alarm":
            alarms[name] = _metric_alarm(name, resource["Properties"], template["Parameters"])
        elif resource["Type"] == "AWS::CloudWatch::CompositeAlarm":
            alarms[name] = Alarm(name, "", {}, 0, "", 0, 0, 0, False, _rule(resource["Properties"]["AlarmRule"]))
    return alarms


def _metric_alarm(name: str, given: Mapping[str, Any], parameters: Mapping[str, Any]) -> Alarm:
    wanted = given.get("Metrics") or [{"Id": "judged", "MetricStat": _as_metric_stat(given)}]
    stats = {each["Id"]: each["MetricStat"] for each in wanted if "MetricStat" in each}
    (period_s,) = {int(stat["Period"]) for stat in stats.values()}  # CloudWatch accepts only one period per alarm.
    (expression,) = [each["Expression"] for each in wanted if "Expression" in each] or ["judged"]
    threshold = given["Threshold"]
    if isinstance(threshold, dict):
        threshold = parameters[threshold["Ref"]]["Default"]
    return Alarm(
        name=name,
        expression=expression,
        queries={of: Query(_metric(stat["Metric"]), stat["Stat"]) for of, stat in stats.items()},
        period_s=period_s,
        operator=given["ComparisonOperator"],
        threshold=float(threshold),
        periods=given["EvaluationPeriods"],
        breaching_periods=given.get("DatapointsToAlarm", given["EvaluationPeriods"]),
        missing_is_breaching=given["TreatMissingData"] == "breaching",
    )


def _as_metric_stat(given: Mapping[str, Any]) -> dict[str, Any]:
    stat = given.get("Statistic") or given["ExtendedStatistic"]
    return {"Metric": given, "Period": given["Period"], "Stat": stat}


def _metric(given: Mapping[str, Any]) -> Metric:
    of = "/".join(_target(dimension["Value"]) for dimension in given["Dimensions"])
    return (given["Namespace"], given["MetricName"], of)


def _target(value: Any) -> str:
    if isinstance(value, dict):
        (value,) = value.values()
    return str(value[0] if isinstance(value, list) else value)


def _rule(given: Mapping[str, str]) -> tuple[str, ...]:
    """Names in a rule such as `ALARM("${One}") AND ALARM("${Other}")`: both of them."""
    text = given["Fn::Sub"]
    names = tuple(re.findall(r'ALARM\("\$\{(\w+)\}"\)', text))
    if text != " AND ".join(f'ALARM("${{{name}}}")' for name in names):
        raise ValueError(f"a rule that is not understood: {text}")
    return names


def red_at(alarms: Mapping[str, Alarm], samples: Samples, at_s: float) -> set[str]:
    """The names of the alarms that are in ALARM at this time."""
    red = {name for name, alarm in alarms.items() if not alarm.rule and _is_red(alarm, samples, at_s)}
    return red | {name for name, alarm in alarms.items() if alarm.rule and red.issuperset(alarm.rule)}


def _is_red(alarm: Alarm, samples: Samples, at_s: float) -> bool:
    return sum(_breaches(alarm, samples, at_s)) >= alarm.breaching_periods


def _breaches(alarm: Alarm, samples: Samples, at_s: float) -> Iterator[bool]:
    breaches = _COMPARED[alarm.operator]
    for period in range(alarm.periods):
        until_s = at_s - period * alarm.period_s
        value = _value(alarm, samples, until_s)
        yield alarm.missing_is_breaching if value is None else breaches(value, alarm.threshold)


def _value(alarm: Alarm, samples: Samples, until_s: float) -> float | None:
    """The value of one period; None if there is no data, or the expression has no value."""
    numbers = {
        name: statistic(query.stat, samples.within(query.metric, until_s - alarm.period_s, until_s))
        for name, query in alarm.queries.items()
    }
    if all(number is None for number in numbers.values()):
        return None  # FILL fills gaps between points, and there is no point.
    return calculated(alarm.expression, numbers)


def statistic(stat: str, values: list[float]) -> float | None:
    if not values:
        return None
    if stat.startswith("p"):
        return sorted(values)[max(0, math.ceil(float(stat[1:]) / 100 * len(values)) - 1)]
    return float(_STATISTICS[stat](values))


def calculated(expression: str, numbers: Numbers) -> float | None:
    """The value of a metric math expression. A missing number makes the result missing, unless FILL fills it."""
    return _node(_parsed(expression), numbers)


@cache
def _parsed(expression: str) -> ast.expr:
    text = re.sub(r"\bAND\b", "and", re.sub(r"\bOR\b", "or", " ".join(expression.split())))
    return ast.parse(text, mode="eval").body


def _node(node: ast.expr, numbers: Numbers) -> float | None:
    match node:
        case ast.Constant(value=int() | float() as constant):
            return constant
        case ast.Name(id=name):
            return numbers[name]
        case ast.Call(func=ast.Name(id="FILL"), args=[filled, by]):
            number = _node(filled, numbers)
            return _node(by, numbers) if number is None else number
        case ast.Call(func=ast.Name(id="IF"), args=[condition, yes, no]):
            holds = _node(condition, numbers)
            return None if holds is None else _node(yes if holds else no, numbers)
        case ast.BoolOp(op=joined, values=values):
            truths = [_node(value, numbers) for value in values]
            both = all if isinstance(joined, ast.And) else any
            return None if None in truths else float(both(truths))
        case ast.Compare(left=left, ops=[compared], comparators=[right]):
            return _of_two(_COMPARES[type(compared)], _node(left, numbers), _node(right, numbers))
        case ast.BinOp(left=left, op=sign, right=right):
            return _of_two(_SIGNS[type(sign)], _node(left, numbers), _node(right, numbers))
    raise ValueError(f"not understood: {ast.unparse(node)}")


def _of_two(what: Callable[[Any, Any], Any], one: float | None, other: float | None) -> float | None:
    if one is None or other is None:
        return None
    try:
        return float(what(one, other))
    except ZeroDivisionError:
        return None  # CloudWatch drops such a point.


_STATISTICS: dict[str, Callable[[list[float]], float]] = {
    "Sum": sum,
    "Maximum": max,
    "Minimum": min,
    "SampleCount": len,
}
_SIGNS: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
_COMPARES: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
}
_COMPARED: dict[str, Callable[[float, float], bool]] = {
    "GreaterThanThreshold": operator.gt,
    "GreaterThanOrEqualToThreshold": operator.ge,
    "LessThanThreshold": operator.lt,
    "LessThanOrEqualToThreshold": operator.le,
}
