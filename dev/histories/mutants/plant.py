"""Plants the bug that the environment names: its module is compiled from changed source, in memory only.

Also a plugin of pytest: `pytest -p dev.histories.mutants.plant <test>`.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from types import CodeType, ModuleType

from dev.histories.mutants.mutant import Mutant
from dev.histories.mutants.table import MUTANTS
from dev.histories.workers import end_with

NAMED_BY = "PLANTED_BUG"


def planted(source: str, mutant: Mutant) -> str:
    """The changed source. Raises ValueError unless the text to change occurs exactly once."""
    if source.count(mutant.old) != 1:
        raise ValueError(f"{mutant.name}: its text occurs {source.count(mutant.old)} times in {mutant.module}")
    return source.replace(mutant.old, mutant.new)


class _Loader(SourceFileLoader):
    def __init__(self, mutant: Mutant, path: str) -> None:
        super().__init__(mutant.module, path)
        self._mutant = mutant

    def get_code(self, fullname: str) -> CodeType:
        source = self.get_source(fullname) or ""
        return compile(planted(source, self._mutant), self.path, "exec", dont_inherit=True)


class Planter(MetaPathFinder):
    def __init__(self, mutant: Mutant) -> None:
        self._mutant = mutant

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname != self._mutant.module:
            return None
        spec = PathFinder.find_spec(fullname, path)
        if spec is not None and spec.origin is not None:
            spec.loader = _Loader(self._mutant, spec.origin)
        return spec


def plant(name: str) -> Mutant:
    mutant = next(mutant for mutant in MUTANTS if mutant.name == name)
    if mutant.module in sys.modules:
        raise RuntimeError(f"{mutant.module} is imported already: too late to plant {name}")
    sys.meta_path.insert(0, Planter(mutant))
    return mutant


if os.environ.get(NAMED_BY):
    end_with(os.getppid())
    plant(os.environ[NAMED_BY])
