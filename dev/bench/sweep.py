"""make bench-sweep: rows that one sweep function checks per minute, and what a failing gateway costs the others."""

from __future__ import annotations

import json
from statistics import median

from dev.bench.backlog import GATEWAY_MS, Backlog
from dev.bench.canned import DUE
from dev.bench.case import BadAnswer
from dev.bench.lambdas import Process, Shelf
from dev.bench.packages import ROOT, assemble
from dev.bench.stubs import Stubs
from dev.bench.table import Line, say
from dev.local.blueprint import FunctionSpec
from dev.local.options import Options
from dev.local.template import read_template

ROWS, MINUTES_MAX = 50_000, 30
_ILL_MINUTES = 5
_ROWS_A_MINUTE, _MINUTES, _COST = 3_000, 20, 0.10
_SWEEPS = 6  # The first one starts the process.
_MB_OF_A_CPU = 1_769  # On Lambda a function with that much memory has one processor.


def lines(rows: int = ROWS) -> list[Line]:
    return [*_throughput(rows), _cost_of_an_ill_gateway(rows), _cpu_of_a_row()]


def _throughput(rows: int) -> list[Line]:
    say(f"sweep: adding {rows} open payments")
    backlog = Backlog({"phonepe": rows})
    sizes: list[int] = []

    def is_enough() -> bool:
        sizes.append(int(str(backlog.reports[-1]["checked"])))
        say(f"sweep: minute {len(sizes)}, {sizes[-1]} rows checked, {len(backlog.unchecked)} not yet")
        return not backlog.unchecked

    backlog.sweep_each_minute(MINUTES_MAX, is_enough)
    left, minutes, busiest = len(backlog.unchecked), len(sizes), max(sizes)
    backlog.close()
    is_backlog = rows > _ROWS_A_MINUTE
    return [
        Line(
            f"sweep: rows a minute, one function, {GATEWAY_MS:.0f} ms gateway",
            f"{busiest}",
            goal=f">= {_ROWS_A_MINUTE}" if is_backlog else "",
            is_met=busiest >= _ROWS_A_MINUTE or not is_backlog,
        ),
        Line(
            f"sweep: minutes until {rows} open attempts were checked",
            f"{minutes}" if not left else f"{left} never",
            goal=f"<= {_MINUTES}",
            is_met=not left and minutes <= _MINUTES,
        ),
    ]


def _cost_of_an_ill_gateway(rows: int) -> Line:
    """Equally many rows of two gateways, one that never answers and one that does."""
    alone, beside = (_checked(rows // 2, ill) for ill in (0, rows // 2))
    cost = 1 - beside / alone
    return Line(
        f"sweep: rows in {_ILL_MINUTES} minutes beside a gateway that times out",
        f"{beside}",
        f"{alone} without it",
        f"{beside / alone:.2f}x",
        f">= {1 - _COST:.2f}x",
        cost < _COST,
    )


def _cpu_of_a_row() -> Line:
    """Processor time of the deployed function's process with all threads; store and gateway are stubs that answer at
    once.
    """
    with Stubs() as stubs:
        spec = _sweep(stubs.port)
        with Process(Shelf(assemble(), stubs.scene.url).function(spec)) as process:
            costs = [_cpu_of_a_sweep(process) for _ in range(_SWEEPS)]
    cpu_ms, share = median(costs[1:]), spec.memory_mb / _MB_OF_A_CPU
    allowed = f"{60_000 * share / cpu_ms:.0f} rows a minute at {spec.memory_mb} MB"
    return Line(f"sweep: cpu of a row, p50 of {_SWEEPS - 1} sweeps", f"{cpu_ms:.2f} ms", allowed)


def _sweep(port: int) -> FunctionSpec:
    parameters = Options(port=port, sim_port=port).parameters
    functions = read_template(ROOT / "template.yaml", parameters).functions.values()
    return next(spec for spec in functions if spec.code.name == "sweep")


def _cpu_of_a_sweep(process: Process) -> float:
    used_ms = process.used_ms()
    _, outcome = process.desk.ask({"job": "sweep"})
    report = json.loads(outcome.payload)
    if outcome.error or report["checked"] <= DUE:
        raise BadAnswer(f"the sweep answered {outcome.error or report}")
    return (process.used_ms() - used_ms) / int(report["checked"])


def _checked(rows: int, ill: int) -> int:
    say(f"sweep: {rows} open payments, and {ill} of a gateway that does not answer")
    backlog = Backlog({"phonepe": rows, "razorpay": ill}, frozenset({"razorpay"}))
    backlog.sweep_each_minute(_ILL_MINUTES)
    backlog.close()
    return backlog.checked["phonepe"]
