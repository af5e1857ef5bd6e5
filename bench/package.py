"""The deployable artefact: a function and the layer, zipped."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from bench.packages import ROOT
from bench.table import Line, say
from tools.check_build import BUILD, LAYER, zipped_size

GOAL_MB = 8.0
_MB = 2**20


def lines(build: Path = BUILD) -> list[Line]:
    if not (build / LAYER).is_dir():
        say("building the artefact (sam build) ...")
        subprocess.run(
            [Path(sys.executable).with_name("sam"), "build"], cwd=ROOT, check=True, stdout=subprocess.DEVNULL
        )
    layer = zipped_size(build / LAYER)
    sizes = {folder.name: zipped_size(folder) for folder in build.iterdir() if folder.is_dir() and folder.name != LAYER}
    largest = max(sizes, key=lambda name: sizes[name])
    total_mb = (layer + sizes[largest]) / _MB
    what = f"package: {largest} and the layer, zipped"
    return [Line(what, f"{total_mb:.1f} MB", goal=f"<= {GOAL_MB:g} MB", is_met=total_mb <= GOAL_MB)]
