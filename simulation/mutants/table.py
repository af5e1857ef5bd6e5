"""All planted bugs."""

from __future__ import annotations

from simulation.mutants.accounts import ACCOUNTS
from simulation.mutants.after import AFTER
from simulation.mutants.asking import ASKING
from simulation.mutants.counting import COUNTING
from simulation.mutants.ending import ENDING
from simulation.mutants.holding import HOLDING
from simulation.mutants.learning import LEARNING
from simulation.mutants.missed import MISSED
from simulation.mutants.mutant import Mutant
from simulation.mutants.opening import OPENING
from simulation.mutants.reading import READING
from simulation.mutants.refunds import REFUNDS
from simulation.mutants.storing import STORING
from simulation.mutants.telling import TELLING

MUTANTS: tuple[Mutant, ...] = (
    *OPENING,
    *LEARNING,
    *HOLDING,
    *REFUNDS,
    *STORING,
    *AFTER,
    *ENDING,
    *READING,
    *COUNTING,
    *ASKING,
    *TELLING,
    *ACCOUNTS,
    *MISSED,
)
