"""What gateways cost a function's start: it imports only those that it uses."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from statistics import median

from dev.bench.packages import ROOT
from dev.bench.table import Line, say
from payments.gateways.registry import GATEWAYS

ROUNDS = 9
_BUILD = """
import json, sys, time
from datetime import UTC, datetime
from types import SimpleNamespace
from payments.domain.values.account import Account
from payments.gateways.transport.deadline import Deadline
from payments.gateways.registry import GatewayParts, build_gateway
settings = SimpleNamespace(
    gateway_mode="simulator", simulator_url="http://127.0.0.1:8101", gateway_secret_prefix="pavati/dev"
)
parts = GatewayParts(settings, lambda name: {}, None, SimpleNamespace(now=lambda: datetime.now(UTC)), Deadline())
began = time.process_time()
for name in sys.argv[1:]:
    build_gateway(Account(name), parts)
took = time.process_time() - began
loaded = {part for name in sys.modules if name.startswith("payments.gateways.") for part in name.split(".")[2:]}
heavy = {"httpx", "pydantic"} & set(sys.modules)
print(json.dumps({"ms": took * 1000, "loaded": sorted(loaded), "heavy": sorted(heavy)}))
"""


@dataclass(frozen=True, slots=True)
class Built:
    ms: float
    loaded: frozenset[str]  # Modules of gateways only.
    heavy: tuple[str, ...]


def lines(rounds: int = ROUNDS) -> list[Line]:
    """Each gateway alone, in turn with all of them, in new processes: processor time of import and construction."""
    took: dict[str, list[float]] = {name: [] for name in (*GATEWAYS, "all")}
    strangers: dict[str, set[str]] = {name: set() for name in GATEWAYS}
    for number in range(1, rounds + 1):
        for name in GATEWAYS:
            built = build(name)
            took[name].append(built.ms)
            strangers[name] |= built.loaded - {name} | set(built.heavy)
        took["all"].append(build(*GATEWAYS).ms)
        if number % 3 == 0:
            say(f"gateways: {number} of {rounds} rounds")
    every = median(took["all"])
    return [_line(name, median(took[name]), every, strangers[name]) for name in GATEWAYS]


def build(*names: str) -> Built:
    command = [sys.executable, "-c", _BUILD, *names]
    ran = subprocess.run(command, cwd=ROOT / "layers/common", capture_output=True, text=True, check=True)
    reported = json.loads(ran.stdout)
    return Built(reported["ms"], frozenset(reported["loaded"]) & set(GATEWAYS), tuple(reported["heavy"]))


def _line(name: str, ms: float, every: float, strangers: set[str]) -> Line:
    also = ", ".join(sorted(strangers)) or "nothing else"
    what = f"building {name} loads {also}"
    return Line(what, f"{ms:.1f} ms", f"{every:.1f} ms (all)", f"{ms / every:.2f}x", "no other", not strangers)
