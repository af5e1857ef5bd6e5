"""The protocol for refunds in the store."""

from __future__ import annotations

from typing import Protocol

from payments.domain.records.payment import Payment
from payments.domain.records.refund import Refund


class RefundStore(Protocol):
    """The refunds of one workspace."""

    def get_refund(self, refund_id: str) -> Refund: ...

    def get_refunding(self, payment_id: str, refund_id: str) -> tuple[Payment, Refund]:
        """A refund and its payment. They may be of different times; a save checks both versions."""

    def list_refunds(self, payment_id: str) -> list[Refund]: ...
