"""The functions that are measured, each with an event and the environment that template.yaml gives it."""

from __future__ import annotations

from dataclasses import replace

from dev.bench.case import Case, Goals
from dev.bench.cold import REFERENCE
from dev.bench.lambdas import Shelf
from dev.bench.packages import ROOT, assemble
from dev.bench.stubs import Stubs
from dev.local.options import Options
from dev.local.template import read_template

GOALS = {
    "initiate": Goals(cold_cpu=1.3, cold_instructions=1.45, warm_cpu=3.9),
    "webhook": Goals(cold_cpu=1.05, cold_instructions=1.1, warm_cpu=1.7),
    "apply": Goals(cold_cpu=1.05, cold_instructions=1.1, warm_cpu=4.2),  # Measured: 3.2 to 3.9.
    "poll": Goals(cold_cpu=1.05, cold_instructions=1.1, warm_cpu=1.7),
}
_OPENS = ("TransactWriteItems", "POST", "StartExecution", "TransactWriteItems")
_KEEPS = ("PutItem",)
_SYNCS = ("GetItem", "GetItem", "GetItem", "GET", "TransactWriteItems")
_LOOKS = ("GetItem", "GET")


def cases(stubs: Stubs) -> list[Case]:
    """References first."""
    scene = stubs.scene
    options = Options(port=stubs.port, sim_port=stubs.port)
    specs = {
        spec.code.name: spec for spec in read_template(ROOT / "template.yaml", options.parameters).functions.values()
    }
    shelf = Shelf(assemble(), scene.url)
    references = [
        Case(shelf.reference("empty", specs["initiate"]), scene.initiation, "201"),
        Case(shelf.reference(REFERENCE, specs["initiate"]), scene.initiation, "201", ("PutItem",)),
    ]
    ours = [
        Case(shelf.function(specs["initiate"]), scene.initiation, "201", _OPENS),
        Case(shelf.function(specs["webhook"]), scene.webhook, "200", _KEEPS),
        Case(shelf.function(specs["apply"]), scene.added, "applied", _SYNCS),
        Case(shelf.function(specs["poll"]), scene.check, "PendingEvery3s", _LOOKS),
    ]
    return references + [replace(case, goals=GOALS[case.function.name]) for case in ours]
