"""The deployable artefact: a function and the layer, zipped, against the limits that the build checks."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from dev.bench.packages import ROOT
from dev.bench.table import Line, say
from dev.tools.check_build import BUILD, LAYER, MB, artefacts_of, limit_mb, zipped_size


def lines(build: Path = BUILD) -> list[Line]:
    if not (build / LAYER).is_dir():
        say("building the artefact (sam build) ...")
        subprocess.run(
            [Path(sys.executable).with_name("sam"), "build"], cwd=ROOT, check=True, stdout=subprocess.DEVNULL
        )
    layer = zipped_size(build / LAYER)
    sizes = {folder.name: zipped_size(folder) for folder in artefacts_of(build) if folder.name != LAYER}
    by_limit: dict[int, str] = {}  # By limit: the largest function.
    for name in sorted(sizes, key=lambda name: sizes[name]):
        by_limit[limit_mb(name)] = name
    return [_line(name, (layer + sizes[name]) / MB, most) for most, name in sorted(by_limit.items())]


def _line(name: str, total_mb: float, most: int) -> Line:
    what = f"package: {name} and the layer, zipped"
    return Line(what, f"{total_mb:.1f} MB", goal=f"<= {most} MB", is_met=total_mb <= most)
