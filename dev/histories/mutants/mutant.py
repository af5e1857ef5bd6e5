"""One planted bug."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Mutant:
    """`old` stands once in the source of `module`; with `new` in its place the program has the bug that `says` names.

    `expects`: the invariants of which one is broken in some history. `direct`: the test that fails under the bug, where
    no history shows it. `second`: what else stands in the bug's way, so that no history can show it.
    """

    name: str
    module: str
    old: str
    new: str
    says: str
    expects: str = ""
    direct: str = ""
    second: str = ""
