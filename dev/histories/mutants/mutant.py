"""One planted bug."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Mutant:
    """`old` occurs once in the source of `module`; with `new` in its place the program has the bug that `says`
    describes.

    `expects`: invariants of which a history breaks one. `direct`: the test that fails under the bug, where no history
    shows it. `second`: the second safeguard because of which no history can show it.
    """

    name: str
    module: str
    old: str
    new: str
    says: str
    expects: str = ""
    direct: str = ""
    second: str = ""
