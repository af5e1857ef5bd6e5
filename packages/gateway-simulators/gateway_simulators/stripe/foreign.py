"""Objects of other systems at the same account: lists show them among the merchant's, the ledger does not."""

from __future__ import annotations

from gateway_simulators.kit.gateway import times_of
from gateway_simulators.stripe.records import Intent, Session

_AMOUNT, _DAY_S = 2_500, 86_400.0


class Foreign:
    def __init__(self) -> None:
        self.sessions: list[Session] = []
        self.intents: list[Intent] = []

    def clear(self) -> None:
        self.sessions.clear()
        self.intents.clear()

    def add(self, now: float, count: int, over_s: float) -> None:
        """Add `count` sessions and `count` intents."""
        for at in times_of(now, count, over_s):
            number = len(self.sessions)
            named = {"order": f"shop-{number}"}
            url = "https://other.example/"
            self.sessions.append(
                Session(f"cs_test_other{number}", _AMOUNT, "usd", at, at + _DAY_S, url, url, f"shop-{number}")
            )
            self.intents.append(Intent(f"pi_other{number}", _AMOUNT, "usd", at, "none", metadata=named))
