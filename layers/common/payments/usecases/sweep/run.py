"""The sweep: check every record that is due, so that it ends even if webhooks and polls fail.

The due indexes give candidates, in one line for each gateway. Each row is decided from the record itself. Rows are
handled in parallel, because most of the time is spent on waiting for gateways. After a crash the next sweep continues.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial

from payments.store.contract.due import Due
from payments.usecases.metrics import Metric
from payments.usecases.ports import Crew, Ports
from payments.usecases.rotate import rotate
from payments.usecases.sweep.lanes import Leases, Line
from payments.usecases.sweep.rows import ROW_METRICS, RowResult, sweep_row

_ROWS_MAX = 10_000  # In one sweep; the next one continues.
_RESERVE_S = 5.0  # Time that the report needs.

Report = dict[str, object]


def sweep(ports: Ports, handle: Callable[[Due, Ports], RowResult] = sweep_row) -> Report:
    """Handle all due rows, each by `handle`. Returns {"checked", "recovered", "failed", "complete"}.

    `complete`: every due index was read, and every row was tried, except rows of another sweep's leases. Returns
    {"skipped"} if other sweeps have all leases.
    """
    started_at = ports.clock.now()
    leases = Leases(ports)
    gateways = tuple(ports.known_gateways or ports.gateways)
    lines = [Line(name, started_at, leases, ports) for name in rotate(gateways, int(started_at.timestamp()) // 60)]
    counts: Counter[str] = Counter()
    try:
        with ports.crew() as crew:
            for result in _handle_rows(lines, handle, crew, ports):
                counts.update(("checked", result.outcome, *result.metrics))
    finally:
        leases.end()
    if leases.refused and not leases:
        return {"skipped": "another sweep has the leases"}
    _count(lines, counts, started_at, ports)
    report: Report = {name: counts[name] for name in ("checked", "recovered", "failed")}
    return report | {"complete": all(line.is_complete for line in lines)}


def _handle_rows(
    lines: list[Line], handle: Callable[[Due, Ports], RowResult], crew: Crew, ports: Ports
) -> Iterator[RowResult]:
    """Start rows as long as the crew has room and time is left. Yields the outcome of each when it ends."""
    line_of = {line.gateway: line for line in lines}
    started = running = 0
    while True:
        while running < crew.size and started < _ROWS_MAX and ports.time_left() >= _RESERVE_S:
            row = _next_row(lines)
            if row is None:
                break
            crew.start(partial(handle, row, ports))
            started, running = started + 1, running + 1
        if not running:
            return
        result: RowResult = crew.wait()
        running -= 1
        line_of[result.due.gateway].note_end()
        for line in lines:
            if line.gateway in result.answered:
                line.note_call(is_answer=result.answered[line.gateway])
        yield result


def _next_row(lines: list[Line]) -> Due | None:
    """The row of the first line that has one. That line then goes to the end of `lines`."""
    for line in lines:
        if row := line.next_row():
            lines.remove(line)
            lines.append(line)
            return row
    return None


def _count(lines: list[Line], counts: Counter[str], started_at: datetime, ports: Ports) -> None:
    for metric in ROW_METRICS:
        ports.count(metric, counts[metric])
    oldest = min((line.oldest_due_at for line in lines), default=started_at)
    ports.count(Metric.SWEEP_ROWS, counts["checked"])
    ports.count(Metric.OLDEST_DUE_SECONDS, max(0, int((started_at - oldest).total_seconds())))
    ports.count(Metric.GATEWAYS_NOT_ANSWERING, sum(line.is_shut for line in lines))
    # An unreadable index raises the same alarm as a missing sweep.
    ports.count(Metric.SWEEP_COMPLETED, int(not any(line.is_unread for line in lines)))
