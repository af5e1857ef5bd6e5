"""What the use cases ask of the store. No method decides; each save is one transaction."""

from __future__ import annotations

from typing import Protocol

from payments.domain.change import Change
from payments.store.contract.cases import CaseStore, UnownedCaseStore
from payments.store.contract.claims import Claim, ClaimStore
from payments.store.contract.deliveries import Delivery, DeliveryStore
from payments.store.contract.disputes import DisputeStore
from payments.store.contract.due import DueStore, JobStore
from payments.store.contract.payments import PaymentStore
from payments.store.contract.refunds import RefundStore
from payments.store.contract.workspaces import SettingsStore


class WorkspaceStore(PaymentStore, RefundStore, DisputeStore, CaseStore, ClaimStore, SettingsStore, Protocol):
    """One workspace's records; every key it sends starts with the workspace."""

    workspace_id: str

    def save(
        self,
        change: Change,
        *,
        opens: Claim | None = None,
        closes: Claim | None = None,
        handled: Delivery | None = None,
    ) -> None:
        """Write a change, and the claim, answer or delivery that belongs to it, in one transaction.

        Raises:
            Conflict, KeyUsed (of `opens`), OrderExists (a new payment), StoreUnavailable.
        """


class Store(DeliveryStore, DueStore, JobStore, UnownedCaseStore, Protocol):
    """The whole deployment: look-ups before a workspace is known, deliveries, the due index, leases."""

    def within(self, workspace_id: str) -> WorkspaceStore: ...

    def list_workspace_ids(self) -> list[str]: ...
