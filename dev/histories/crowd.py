"""Objects of other systems at the same account, more than one page of a list shows."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace

from dev.histories.assumed import assumed_of
from dev.histories.plan import MINUTE, SECOND, Act, Plan

_SHARE = 0.3  # Of all histories with a gateway whose lists are read.
_COUNTS, _WEIGHTS = (120, 250, 650), (5, 3, 1)  # A page has a hundred objects, a check reads five pages.
_OPENS = ("initiate", "retry")


def with_crowd(plan: Plan, rng: random.Random) -> Plan:
    """The plan with such objects, or unchanged."""
    if not any(assumed_of(name).is_searched for name in plan.gateways) or rng.random() >= _SHARE:
        return plan
    begins_ms = min(act.at_ms for act in plan.acts if act.do in _OPENS)
    crowd = _before_and_after(begins_ms, rng)
    return replace(plan, acts=tuple(sorted((*plan.acts, *crowd), key=lambda act: act.at_ms)))


def _before_and_after(begins_ms: float, rng: random.Random) -> Iterator[Act]:
    """Make them before and after ours: a list may show ours first or last, so there are pages on both sides."""
    yield _crowd(0.0, 10 * MINUTE, rng)
    after_ms = rng.choice((20 * SECOND, 90 * SECOND, 5 * MINUTE))
    yield _crowd(begins_ms + after_ms, after_ms - 15 * SECOND, rng)


def _crowd(at_ms: float, over_ms: float, rng: random.Random) -> Act:
    return Act(at_ms, "crowd", more={"count": rng.choices(_COUNTS, _WEIGHTS)[0], "over_s": over_ms / SECOND})
