"""A change: what one transaction writes."""

from __future__ import annotations

from dataclasses import dataclass, replace

from payments.domain.case import Case
from payments.domain.event import Event
from payments.domain.payment import Payment
from payments.domain.refund import Refund


@dataclass(frozen=True, slots=True)
class Change:
    """The payment one or more versions on, the events that say so, and the refund or case that rides along."""

    payment: Payment
    events: tuple[Event, ...]
    refund: Refund | None = None
    is_new_refund: bool = False
    case: Case | None = None
    new_attempt_id: str = ""
    news_ref: str = ""  # The gateway's name for `news_attempt_id`, by which its webhooks will call it.
    news_attempt_id: str = ""

    @property
    def read_version(self) -> int:
        """The version the change was decided on; 0 for a new payment."""
        return self.payment.version - len(self.events)

    def then(self, later: Change | None) -> Change:
        """Both in one transaction; `later` was decided on this one's payment."""
        if later is None:
            return self
        return replace(
            later,
            events=self.events + later.events,
            case=later.case or self.case,
            new_attempt_id=later.new_attempt_id or self.new_attempt_id,
            news_ref=self.news_ref,
            news_attempt_id=self.news_attempt_id,
        )
