"""The functions that are measured, with the surroundings template.yaml gives them and an event each."""

from __future__ import annotations

from dataclasses import replace

from bench.cold import REFERENCE, Case
from bench.lambdas import Shelf
from bench.packages import ROOT, assemble
from bench.stubs import Stubs
from local.options import Options
from local.template import read_template

GOALS = {"initiate": 1.6, "webhook": 1.4, "poll": 1.4}


def cases(stubs: Stubs) -> list[Case]:
    """References first."""
    scene = stubs.scene
    options = Options(port=stubs.port, sim_port=stubs.port)
    specs = {
        spec.code.name: spec for spec in read_template(ROOT / "template.yaml", options.parameters).functions.values()
    }
    shelf = Shelf(assemble(), scene.url)
    references = [
        Case(shelf.reference(name, specs["initiate"]), scene.initiation, "201") for name in ("empty", REFERENCE)
    ]
    ours = [
        Case(shelf.function(specs["initiate"]), scene.initiation, "201"),
        Case(shelf.function(specs["webhook"]), scene.news, "200"),
        Case(shelf.function(specs["poll"]), scene.check, "PendingEvery3s"),
    ]
    return references + [replace(case, goal=GOALS[case.function.name]) for case in ours]
