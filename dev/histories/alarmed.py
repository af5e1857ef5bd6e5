"""INV-85: each alarm in CONDITIONS is red whenever it must be, and only when it may be."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import pairwise

from dev.histories.books import Books
from dev.histories.cloud import Cloud
from dev.histories.conditions import CONDITIONS, Condition, Facts
from dev.histories.counted import HEARD_WITHIN_MS
from dev.histories.gauged import GAUGES
from dev.tools.alarms import Alarm, Samples, read_alarms, red_at
from dev.tools.expand import read_template
from payments.usecases.metrics import Metric

Seen = frozenset[tuple[str, str]]  # Pairs of alarm and colour.
_MINUTE_MS = 60_000.0
_MOMENTS_MAX = 12  # Of one alarm.
_LOUD: Mapping[str, int] = {Metric.OLDEST_DUE_SECONDS: 900}  # The gauge counts as high above this value.


@cache
def template_alarms() -> dict[str, Alarm]:
    return read_alarms(read_template())


class Alarms:
    def __init__(self, cloud: Cloud, books: Books) -> None:
        self._cloud, self._books = cloud, books
        self._entries = {**books.written.entries, "slow": books.written.slow}
        self._times = {name: [at_ms for at_ms, _ in counted] for name, counted in cloud.counted.items()}

    def check(self) -> Seen:
        """Check all alarms; returns the pairs (alarm, 'red' or 'green') that occurred."""
        seen = set()
        for name, condition in CONDITIONS.items():
            alarm = template_alarms()[name]
            for at_ms in self._moments(alarm, condition):
                is_red = self._is_red(alarm, at_ms)
                seen.add((name, "red" if is_red else "green"))
                self._judge(alarm, condition, at_ms, is_red=is_red)
        return frozenset(seen)

    def _judge(self, alarm: Alarm, condition: Condition, at_ms: float, *, is_red: bool) -> None:
        facts = Facts(self._entries, self._books.gauges.readings, at_ms, self._cloud.has_heard_all)
        surely, perhaps = condition.rule(facts)
        after_s = (at_ms - self._cloud.scheduler.start_ms) / 1000
        text = f"{alarm.name} is {'red' if is_red else 'green'} after {after_s:.0f} s, and should not be"
        self._books.require(perhaps if is_red else not surely, "INV-85", text)

    def _is_red(self, alarm: Alarm, at_ms: float) -> bool:
        """Evaluate the alarm as CloudWatch does, on what the functions have counted."""
        wanted = {name: template_alarms()[name] for name in (alarm.name, *alarm.rule)}
        samples = Samples()
        since_ms = at_ms - _lookback_ms(alarm)  # The longest lookback of its parts, which share metrics.
        for metric in {query.metric for each in wanted.values() for query in each.queries.values()}:
            samples.of[metric] = self._reported(metric[1], since_ms, at_ms)
        return alarm.name in red_at(wanted, samples, at_ms / 1000)

    def _reported(self, metric: str, since_ms: float, until_ms: float) -> list[tuple[float, float]]:
        times = self._times.get(metric, [])
        first, end = bisect_right(times, since_ms), bisect_right(times, until_ms)
        return [(at_ms / 1000, value) for at_ms, value in self._cloud.counted.get(metric, [])[first:end]]

    # The moments to check: about each change, and at the end.

    def _moments(self, alarm: Alarm, condition: Condition) -> list[float]:
        now_ms = self._cloud.scheduler.now_ms
        of = self._of_gauge if set(condition.causes) <= GAUGES else self._of_counts
        found = {*of(condition, _lookback_ms(alarm)), *(self._silences(condition, alarm))}
        moments = sorted(at_ms for at_ms in found if at_ms < now_ms)
        return [*moments[:_MOMENTS_MAX], now_ms]

    def _of_counts(self, condition: Condition, lookback_ms: float) -> Iterator[float]:
        """When a count is certainly in, and when it has certainly left the window."""
        times = sorted(entry.at_ms for cause in condition.causes for entry in self._entries.get(cause, ()))
        for at_ms in times if len(times) >= condition.fewest else ():
            minute_ms = (at_ms // _MINUTE_MS + 1) * _MINUTE_MS
            yield minute_ms + HEARD_WITHIN_MS
            yield minute_ms + HEARD_WITHIN_MS + lookback_ms

    def _of_gauge(self, condition: Condition, lookback_ms: float) -> Iterator[float]:
        """When the gauge changes, and when that change has left the window."""
        (metric,) = condition.causes
        counted, limit = self._cloud.counted.get(metric, []), _LOUD.get(metric, 0)
        yield from (at_ms for at_ms, _ in counted[:1])
        for (_, before), (at_ms, value) in pairwise(counted):
            if (before > limit) != (value > limit):
                yield from (at_ms, at_ms + lookback_ms + 1)

    def _silences(self, condition: Condition, alarm: Alarm) -> Iterator[float]:
        """Moments at which nothing has been counted for the alarm's whole window, if the alarm is about silence."""
        lookback_ms = _lookback_ms(alarm)
        times = self._times.get(condition.causes[0], []) if alarm.missing_is_breaching else []
        yield from (
            before_ms + lookback_ms + 1 for before_ms, at_ms in pairwise(times) if at_ms - before_ms > lookback_ms
        )


def _lookback_ms(alarm: Alarm) -> float:
    parts = [template_alarms()[name] for name in alarm.rule] or [alarm]
    return max(part.period_s * part.periods for part in parts) * 1000.0
