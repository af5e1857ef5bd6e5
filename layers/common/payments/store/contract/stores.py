"""The store's protocols as use cases need them: for one workspace, and for the whole deployment."""

from __future__ import annotations

from typing import Protocol

from payments.domain.change import Change
from payments.store.contract.cases import ApprovalStore, CaseStore, UnownedCaseStore
from payments.store.contract.claims import Claim, ClaimStore
from payments.store.contract.deliveries import Delivery, DeliveryStore, LocationStore
from payments.store.contract.disputes import DisputeStore
from payments.store.contract.due import DueStore, JobStore
from payments.store.contract.payments import CheckpointStore, PaymentStore
from payments.store.contract.refunds import RefundStore
from payments.store.contract.reports import ReportStore
from payments.store.contract.workspaces import SettingsStore


class WorkspaceStore(
    PaymentStore,
    CheckpointStore,
    RefundStore,
    DisputeStore,
    CaseStore,
    ApprovalStore,
    ReportStore,
    ClaimStore,
    SettingsStore,
    Protocol,
):
    """The records of one workspace. Each key that it reads or writes begins with the workspace's id."""

    workspace_id: str

    def save(
        self,
        change: Change,
        *,
        opens: Claim | None = None,
        closes: Claim | None = None,
        handled: Delivery | None = None,
    ) -> None:
        """Write a change, with its claim, answer or delivery, in one transaction.

        Raises:
            Conflict, BrokenBooks: nothing was written.
            KeyUsed: the key of `opens` was used before.
            OrderExists: the order of a new payment has one already.
            StoreUnavailable: the change may have been written.
        """


class Store(LocationStore, DeliveryStore, DueStore, JobStore, UnownedCaseStore, Protocol):
    """The records of the deployment: look-ups without a workspace, deliveries, the due index, leases."""

    def within(self, workspace_id: str) -> WorkspaceStore: ...

    def list_workspace_ids(self) -> list[str]: ...
