"""All planted bugs."""

from __future__ import annotations

from dev.histories.mutants.accounts import ACCOUNTS
from dev.histories.mutants.after import AFTER
from dev.histories.mutants.authorizing import AUTHORIZING
from dev.histories.mutants.counting import COUNTING
from dev.histories.mutants.ending import ENDING
from dev.histories.mutants.metrics import METRICS
from dev.histories.mutants.missed import MISSED
from dev.histories.mutants.mutant import Mutant
from dev.histories.mutants.opening import OPENING
from dev.histories.mutants.reading import READING
from dev.histories.mutants.refunds import REFUNDS
from dev.histories.mutants.requests import REQUESTS
from dev.histories.mutants.storing import STORING
from dev.histories.mutants.syncing import SYNCING

MUTANTS: tuple[Mutant, ...] = (
    *OPENING,
    *SYNCING,
    *AUTHORIZING,
    *REFUNDS,
    *STORING,
    *AFTER,
    *ENDING,
    *READING,
    *COUNTING,
    *REQUESTS,
    *METRICS,
    *ACCOUNTS,
    *MISSED,
)
