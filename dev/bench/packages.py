"""Exactly the packages of a function on Lambda: the layer's, the runtime's boto3, and byte code for both."""

from __future__ import annotations

import compileall
import hashlib
import os
import re
import shutil
import sys
import sysconfig
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.metadata import Distribution, distribution
from pathlib import Path
from py_compile import PycInvalidationMode

from packaging.requirements import Requirement

from dev.bench.table import say

ROOT = Path(__file__).resolve().parents[2]
CACHE = ROOT / ".pavati/bench"
_LAYER_LOCK = ROOT / "layers/common/requirements.txt"
_RUNTIME = ("boto3", "awslambdaric")  # What Lambda provides beside Python.
_PINNED = re.compile(r"^([a-z0-9-]+)==([^ ]+)", re.MULTILINE)


class WrongEnvironment(Exception):
    """The development environment differs from the lock file."""


@dataclass(frozen=True, slots=True)
class Packages:
    layer: Path
    runtime: Path


def assemble() -> Packages:
    """Copy the packages from the development environment, so that no network and no other package is involved."""
    layer, runtime = _layer_distributions(), _closure(_RUNTIME)
    named = sorted(f"{each.name}=={each.version}" for each in (*layer, *runtime))
    fingerprint = hashlib.sha256("\n".join([sys.version, *named]).encode()).hexdigest()[:16]
    home = CACHE / f"packages-{fingerprint}"
    if not home.exists():
        say("assembling the packages of a function (once per lock file) ...")
        unfinished = home.with_suffix(f".{os.getpid()}")
        shutil.rmtree(unfinished, ignore_errors=True)
        _copy(layer, unfinished / "layer")
        _copy(runtime, unfinished / "runtime")
        compile_all(unfinished)
        _put_in_place(unfinished, home)
    return Packages(home / "layer", home / "runtime")


def _put_in_place(unfinished: Path, home: Path) -> None:
    try:
        unfinished.rename(home)
    except OSError:
        if not home.exists():
            raise
        shutil.rmtree(unfinished)  # Another process was first.


def compile_all(folder: Path) -> None:
    """Make byte code as the build does: never checked against its source."""
    mode = PycInvalidationMode.UNCHECKED_HASH
    compileall.compile_dir(folder, quiet=2, force=True, invalidation_mode=mode)


def _layer_distributions() -> list[Distribution]:
    locked = dict(_PINNED.findall(_LAYER_LOCK.read_text()))
    found = [distribution(name) for name in locked]
    for each in found:
        if each.version != locked[_normal(each.name)]:
            raise WrongEnvironment(f"{each.name} is {each.version} here, {locked[_normal(each.name)]} in {_LAYER_LOCK}")
    return found


def _closure(names: Iterable[str]) -> list[Distribution]:
    found: dict[str, Distribution] = {}
    waiting = list(names)
    while waiting:
        name = _normal(waiting.pop())
        if name not in found:
            found[name] = distribution(name)
            waiting += _needs(found[name])
    return list(found.values())


def _needs(package: Distribution) -> Iterator[str]:
    for text in package.requires or ():
        needed = Requirement(text)
        if needed.marker is None or needed.marker.evaluate({"extra": ""}):
            yield needed.name


def _normal(name: str) -> str:
    return name.lower().replace("_", "-")


def _copy(packages: Iterable[Distribution], target: Path) -> None:
    site = Path(sysconfig.get_path("purelib"))
    for package in packages:
        for file in package.files or ():
            source = Path(str(package.locate_file(file)))
            if source.suffix != ".pyc" and source.is_relative_to(site) and source.is_file():
                place = target / source.relative_to(site)
                place.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(source, place)
