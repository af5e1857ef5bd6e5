"""The functions that are measured, with the surroundings template.yaml gives them and an event each."""

from __future__ import annotations

from dataclasses import replace

from bench.case import Case
from bench.cold import REFERENCE
from bench.lambdas import Shelf
from bench.packages import ROOT, assemble
from bench.stubs import Stubs
from local.options import Options
from local.template import read_template

GOALS = {"initiate": 1.6, "webhook": 1.4, "poll": 1.4}
WARM_GOALS = {"initiate": 3.9, "webhook": 1.7, "poll": 1.7}
_OPENS = ("TransactWriteItems", "POST", "StartExecution", "TransactWriteItems")
_SYNCS = ("PutItem", "GetItem", "GetItem", "GET", "TransactWriteItems")
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
        Case(shelf.function(specs["webhook"]), scene.news, "200", _SYNCS),
        Case(shelf.function(specs["poll"]), scene.check, "PendingEvery3s", _LOOKS),
    ]
    return references + [
        replace(case, goal=GOALS[case.function.name], warm_goal=WARM_GOALS[case.function.name]) for case in ours
    ]
