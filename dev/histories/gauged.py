"""Compare what a whole, undisturbed sweep, report or list of disputes counted with the items that it found."""

from __future__ import annotations

import json
import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import NamedTuple

from dev.dynamodb_model import Change
from dev.histories.aged import AGED, AGED_CASES, Key, time_of
from dev.histories.cloud import Cloud, Invocation
from dev.histories.rows import Item
from dev.histories.scheduler import Ended
from dev.histories.settings import PREFIX
from payments.usecases.metrics import Metric

_LEASE_MS = 80_000.0  # Longer than any lease of a dead invocation (70 s).
_SILENT_IN_A_ROW = 3
_JOBS = {
    "sweep": (*AGED, Metric.OLDEST_DUE_SECONDS, Metric.GATEWAYS_NOT_ANSWERING),
    "report": (*AGED_CASES, Metric.REPORTS_UNFINISHED),
    "list of disputes": (Metric.DISPUTE_LISTS_UNFINISHED,),
}
GAUGES = frozenset({name for names in _JOBS.values() for name in names} | {Metric.SWEEP_COMPLETED})


class Reading(NamedTuple):
    """A gauge's value was counted at `at_ms`; the right value was from `least` to `most`."""

    at_ms: float
    least: float
    most: float


@dataclass
class Watch:
    """One run of a job, and every state of each row since it began."""

    invocation: Invocation
    is_alone: bool
    due: dict[Key, list[Item]]
    cases: dict[Key, list[Item]]
    counted: defaultdict[str, list[tuple[float, int]]] = field(default_factory=lambda: defaultdict(list))
    heard: defaultdict[tuple[str, str], set[str]] = field(default_factory=lambda: defaultdict(set))

    @property
    def clock_ms(self) -> float:
        return float(int(self.invocation.began_ms + self.invocation.skew_ms))

    @property
    def sure(self) -> set[Key]:
        """Due rows that the sweep must check. Rows that other work on the same payment may remove from the index are
        left out.
        """
        rows_of = Counter(pk for _, pk, _ in self.due)
        no_delivery_due = all(sk != "DELIVERY" for _, _, sk in self.due)
        return {
            key for key, states in self.due.items() if len(states) == 1 or (no_delivery_due and rows_of[key[1]] == 1)
        }


class Gauges:
    def __init__(self, cloud: Cloud, require: Callable[[bool, str, str], None]) -> None:
        self._cloud, self._require = cloud, require
        self.readings: defaultdict[str, list[Reading]] = defaultdict(list)
        self._due: dict[Key, Item] = {}
        self._cases: dict[Key, Item] = {}
        self._reports: dict[tuple[str, str], bool] = {}  # By workspace and hour: whether the report is complete.
        self._left: dict[str, bool] = {}  # By gateway: whether a list of disputes was cut off.
        self._running: set[str] = set()
        self._watches: dict[str, Watch] = {}

    # The items.

    def see(self, changes: list[Change]) -> None:
        for change in changes:
            name, pk, new = change.table.removeprefix(PREFIX), change.key["pk"]["S"], change.new or {}
            key = (name, pk, change.key["sk"]["S"])
            _keep(self._due, key, new, is_there="due_shard" in new and "due_at" in new)
            if name == "reconciliation":
                _keep(self._cases, key, new, is_there=pk.endswith("CASE") and "decided_at" not in new)
                self._see_job(pk, new)
            for watch in self._watches.values():
                for rows in (watch.due, watch.cases):
                    if key in rows:
                        rows[key].append(new)

    def _see_job(self, pk: str, new: Item) -> None:
        if pk.endswith("#REC"):
            document = json.loads(new["document"]["S"])
            self._reports[document["workspace_id"], str(document["checkpoints_before"])] = document["complete"]
        elif pk.startswith("POSITION#disputes "):
            self._left[pk] = bool(new["position"]["S"])

    # The jobs.

    def begin(self, invocation: Invocation) -> None:
        self._running.add(invocation.named)
        for watch in self._watches.values():
            watch.is_alone = False
        if invocation.named.rpartition("#")[0] in _JOBS:
            watch = Watch(invocation, len(self._running) == 1, {}, _states(self._cases.items()))
            watch.due = _states(each for each in self._due.items() if time_of(each[1]["due_at"]) <= watch.clock_ms)
            self._watches[invocation.named] = watch

    def note_metric(self, metric: str, number: int) -> None:
        if metric in GAUGES and (watch := self._watches.get(self._process())):
            watch.counted[metric].append((self._cloud.scheduler.now_ms, number))

    def heard(self, gateway: str, how: str) -> None:
        """`how` is answered, refused, silent, or unclear (401, 408, 429)."""
        task = self._cloud.scheduler.current
        if task and (watch := self._watches.get(task.process[0].name)):
            watch.heard[gateway, task.name].add(how)

    def _process(self) -> str:
        task = self._cloud.scheduler.current
        return task.process[0].name if task else ""

    def end(self, invocation: Invocation, how: Ended) -> None:
        self._running.discard(invocation.named)
        watch = self._watches.pop(invocation.named, None)
        if watch is None:
            return
        if how.was_killed or how.error or not isinstance(how.value, dict):
            self._note(watch, {})  # Killed or failed: what it counted is not compared.
        elif "skipped" not in how.value:
            self._judge(watch, is_whole=bool(how.value.get("complete", True)))
        elif watch.counted:
            self._note(watch, {})  # It counted, and then the store did not answer.

    def _judge(self, watch: Watch, *, is_whole: bool) -> None:
        must: dict[str, tuple[float, float]] = {}
        if watch.invocation.named.startswith("sweep#"):
            could_read = float(watch.invocation.named not in self._cloud.network.unread)
            must[Metric.SWEEP_COMPLETED] = (could_read, could_read)
        if self._is_undisturbed(watch):
            must |= self._must(watch, is_whole)
        for metric, (least, most) in must.items():
            values = [number for _, number in watch.counted[metric]]
            is_right = len(values) == 1 and least <= values[0] <= most
            text = f"{watch.invocation.named} counted {metric} {values}, the items say {least} to {most}"
            self._require(is_right, "INV-85", text)
        self._note(watch, must)

    def _note(self, watch: Watch, must: dict[str, tuple[float, float]]) -> None:
        for metric, values in watch.counted.items():
            for at_ms, _ in values:
                self.readings[metric].append(Reading(at_ms, *must.get(metric, (0.0, math.inf))))

    def _is_undisturbed(self, watch: Watch) -> bool:
        """True if nothing else ran, nothing failed for the length of a lease, and the job's indexes were up to date."""
        network, profile = self._cloud.network, self._cloud.chaos.profile
        quiet_from_ms = watch.invocation.began_ms - _LEASE_MS - 2 * profile.skew_ms
        is_even = profile.index_lag_ms == 0 or network.calm_at_ms < quiet_from_ms
        return watch.is_alone and is_even and network.troubled_ms < quiet_from_ms

    # What the job must have found.

    def _must(self, watch: Watch, is_whole: bool) -> dict[str, tuple[float, float]]:
        job = watch.invocation.named.rpartition("#")[0]
        return {metric: self._range(metric, watch, is_whole) for metric in _JOBS[job]}

    def _range(self, metric: str, watch: Watch, is_whole: bool) -> tuple[float, float]:
        if metric == Metric.OLDEST_DUE_SECONDS:
            return _overdue_s(watch, watch.sure if is_whole else set()), _overdue_s(watch, set(watch.due))
        if metric == Metric.GATEWAYS_NOT_ANSWERING:
            return _silent(watch)
        if metric == Metric.REPORTS_UNFINISHED:
            unfinished = float(self._unfinished(watch.clock_ms))
            return unfinished, unfinished
        if metric == Metric.DISPUTE_LISTS_UNFINISHED:
            is_answered = all(how == {"answered"} for how in watch.heard.values())
            left = float(sum(self._left.values()))
            return left, left if is_answered else math.inf
        is_of_cases = metric in AGED_CASES
        rows, sure = (watch.cases, set(watch.cases)) if is_of_cases else (watch.due, watch.sure)
        return self._aged(rows, (AGED_CASES if is_of_cases else AGED)[metric], watch, sure if is_whole else set())

    def _aged(
        self, rows: dict[Key, list[Item]], is_old: Callable[[Key, Item, float], bool], watch: Watch, sure: set[Key]
    ) -> tuple[float, float]:
        """Each row was checked once, in one of its states."""
        times = (watch.clock_ms, self._cloud.scheduler.now_ms + watch.invocation.skew_ms)
        seen = {key: [is_old(key, item, at_ms) for item in states for at_ms in times] for key, states in rows.items()}
        return float(sum(all(seen[key]) for key in sure)), float(sum(any(each) for each in seen.values()))

    def _unfinished(self, clock_ms: float) -> int:
        hour = datetime.fromtimestamp(clock_ms // 3_600_000 * 3600, UTC).strftime("%Y-%m-%dT%H:00:00.000Z")
        listed = [row["sk"]["S"] for row in self._cloud.rows("workspaces") if row["pk"]["S"] == "WORKSPACES"]
        return sum(not self._reports.get((workspace_id, hour), False) for workspace_id in listed)


def _keep(rows: dict[Key, Item], key: Key, new: Item, *, is_there: bool) -> None:
    if is_there:
        rows[key] = new
    else:
        rows.pop(key, None)


def _states(rows: Iterable[tuple[Key, Item]]) -> dict[Key, list[Item]]:
    return {key: [item] for key, item in rows}


def _overdue_s(watch: Watch, keys: set[Key]) -> float:
    """By how many seconds the oldest of these is overdue."""
    oldest_ms = min((time_of(watch.due[key][0]["due_at"]) for key in keys), default=watch.clock_ms)
    return float(int((watch.clock_ms - oldest_ms) / 1000))


def _silent(watch: Watch) -> tuple[float, float]:
    """The least and the most number of gateways with three waiting rows. Least: of three or more rows none got any
    answer. Most: at least three rows lack a clear answer.
    """
    by_gateway: defaultdict[str, list[set[str]]] = defaultdict(list)
    for (gateway, _), how in watch.heard.items():
        by_gateway[gateway].append(how)
    least = most = 0
    for rows in by_gateway.values():
        is_silent = all(how == {"silent"} for how in rows)
        least += is_silent and len(rows) >= _SILENT_IN_A_ROW
        most += sum(not how <= {"answered", "refused"} for how in rows) >= _SILENT_IN_A_ROW
    return float(least), float(most)
