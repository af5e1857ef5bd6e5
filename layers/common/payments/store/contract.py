"""What the use cases ask of the store. No method decides; each save is one transaction.

StoreError
├── Conflict            another writer was first: read again, decide again
├── StoreUnavailable    throttled, unreachable, or an answer was lost: safe to repeat
├── NotFound            not there, or not this workspace's
├── KeyTaken            the Idempotency-Key was used before (carries the stored claim)
├── OrderTaken          the merchant order has a payment (carries its id)
├── StoreRejected       the request can never succeed: a defect or a missing permission, repeating does not help
├── BrokenBooks         counters that contradict one another: a defect, nothing is written
├── InvalidWorkspace    settings of this workspace are not of their form: a person must mend them
└── TenantFence         a key outside the caller's workspace: a defect, never an answer
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import ClassVar, Generic, Protocol, TypeVar

from payments.domain.account import MAIN, Account
from payments.domain.approval import Approval
from payments.domain.case import Case
from payments.domain.change import Change
from payments.domain.dispute import Dispute, DisputeStatus
from payments.domain.event import Event
from payments.domain.payment import Payment
from payments.domain.refund import Refund
from payments.domain.workspace import Fault

T = TypeVar("T")
SHARDS = 4  # Of each gateway in a due index: one partition takes about 1,000 writes a second.


class StoreError(Exception):
    api_code: ClassVar[str] = "internal_error"  # In the API's table of errors.


class Conflict(StoreError):
    api_code = "busy"


class StoreUnavailable(StoreError):
    api_code = "store_unavailable"


class NotFound(StoreError):
    api_code = "not_found"


class StoreRejected(StoreError):
    pass


class BrokenBooks(StoreError):
    pass


class TenantFence(StoreError):
    pass


class Unreadable(StoreError):
    pass


class InvalidWorkspace(StoreError):
    """Settings that were asked for are not of their form. Nothing stands in for them."""

    api_code = "workspace_invalid"

    def __init__(self, workspace_id: str, faults: tuple[Fault, ...] = ()) -> None:
        super().__init__(f"{workspace_id}: {', '.join(fault.field for fault in faults)}")
        self.workspace_id, self.faults = workspace_id, faults


@dataclass(frozen=True, slots=True)
class StoredAnswer:
    """The answer to a request with an Idempotency-Key, byte for byte. The edge writes and reads it, nobody else."""

    status: int
    body: str


@dataclass(frozen=True, slots=True)
class Claim:
    """One use of an Idempotency-Key: who works on it, for which body, and in the end its answer."""

    operation: str  # As in `openapi.json`.
    key_hash: str
    body_hash: str
    subject_id: str  # What the key made: a payment, an attempt, a refund.
    stream_id: str  # What has its events: the payment.
    lease_until: datetime
    secret: str = ""  # The checkout token, so that a resumed initiation answers with the one it promised.
    answer: StoredAnswer | None = None
    is_kept: bool = False  # For ever: where nothing but the key makes the effect unique.


class KeyTaken(StoreError):
    def __init__(self, claim: Claim) -> None:
        super().__init__("this Idempotency-Key was used before")
        self.claim = claim


class OrderTaken(StoreError):
    def __init__(self, payment_id: str) -> None:
        super().__init__("this merchant order has a payment")
        self.payment_id = payment_id


class DeliveryState(StrEnum):
    RECEIVED = "received"
    APPLIED = "applied"
    IGNORED = "ignored"
    PARKED = "parked"  # About nothing that is known here yet.
    AWAITING = "awaiting"  # Its payment waits for a person's decision.
    DEAD = "dead"


@dataclass(frozen=True, slots=True)
class Delivery:
    """One webhook as received, without its body: what is needed to act on it, and its fingerprint."""

    id: str  # Equal for every copy.
    gateway: str
    kind: str
    word: str
    subject_id: str
    state_word: str
    state: DeliveryState
    received_at: datetime
    subject_ref: str = ""  # The gateway's own name of it, where it says no id of ours.
    tries: int = 0
    due_at: datetime | None = None
    note: str = ""
    refund_ref: str = ""  # The gateway's id of a refund that was made there, where only that refund's status shows it.
    account_name: str = MAIN  # Of the gateway's account: of the address to which it came.

    @property
    def account(self) -> Account:
        return Account(self.gateway, self.account_name)


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """A part of a list. `next_cursor` is None on the last page; any other page may have fewer than were asked for."""

    found: tuple[T, ...]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class Location:
    """What an external id names: a subject, and the stream of its events."""

    workspace_id: str
    stream_id: str
    subject_id: str


@dataclass(frozen=True, slots=True)
class Lane:
    """Due rows that are worked off together, under one lease."""

    gateway: str
    shard: int


@dataclass(frozen=True, slots=True)
class Due:
    """One row of the due index: a candidate, never a fact."""

    kind: str  # payment | refund | dispute | delivery
    workspace_id: str  # "" for a delivery.
    stream_id: str  # For a delivery the account, as `phonepe:main`.
    subject_id: str
    due_at: datetime
    gateway: str


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """One row of the index of payments to be reconciled: a candidate, never a fact."""

    payment_id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Workspace:
    id: str
    name: str
    late_success: str  # grant | refund | hold
    country: str = "IN"  # Where the merchant is, ISO 3166-1 alpha-2: it decides which gateways may be used.
    gateways: tuple[
        str, ...
    ] = ()  # Each a gateway or an account, in the order of preference; empty for the deployment's.
    two_person_above: int = 50_000  # Major units; a decision about more needs a second person.
    debug_until: str = ""  # Its requests are logged at level DEBUG until then; never checked, since it moves no money.


@dataclass(frozen=True, slots=True)
class Member:
    role: str
    workspace: Workspace | None  # None in `_deployment`, which is no workspace.


Cursor = Mapping[str, object]


class WorkspaceStore(Protocol):
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
        """Write a change and what rides along in one transaction.

        Raises:
            Conflict, KeyTaken (of `opens`), OrderTaken (a new payment), StoreUnavailable.
        """

    def get_payment(self, payment_id: str) -> Payment: ...

    def get_payment_by_order(self, merchant_order_id: str) -> Payment: ...

    def list_payments(
        self, created_from: datetime, created_to: datetime, limit: int, cursor: str | None, status: str | None
    ) -> Page[Payment]: ...

    def cursor_after(self, payment: Payment) -> str:
        """Where `list_payments` goes on behind this payment."""

    def list_checkpoints(
        self, before: datetime, limit: int, cursor: Cursor | None = None
    ) -> tuple[Sequence[Checkpoint], Cursor | None]:
        """Payments to be reconciled, oldest checkpoint first, and where the next page starts."""

    def pass_checkpoints(self, payment: Payment) -> None:
        """Store `reconciled_at`, and with it the next checkpoint; nothing where another writer has changed it since."""

    def defer_checkpoint(self, checkpoint: Checkpoint, until: datetime) -> None:
        """Move a payment whose reconciliation failed to a later time."""

    def get_refund(self, refund_id: str) -> Refund: ...

    def list_refunds(self, payment_id: str) -> list[Refund]: ...

    def get_dispute(self, dispute_id: str) -> Dispute: ...

    def get_disputing(self, payment_id: str, dispute_id: str) -> tuple[Payment, Dispute]:
        """As `get_refunding`."""

    def list_disputes(self, payment_id: str) -> list[Dispute]: ...

    def list_all_disputes(
        self, statuses: Collection[DisputeStatus], limit: int, cursor: str | None = None
    ) -> Page[Dispute]:
        """The workspace's disputes of these statuses, newest first."""

    def list_events(self, stream_id: str) -> list[Event]: ...

    def get_claim(self, operation: str, key_hash: str) -> Claim: ...

    def get_refunding(self, payment_id: str, refund_id: str) -> tuple[Payment, Refund]:
        """A refund and its payment. One may be older than the other: a change of both is written under both."""

    def take_lease(self, claim: Claim, now: datetime, until: datetime) -> Claim:
        """The claim under this caller's lease; Conflict while another's is live or once an answer is there."""

    def end_lease(self, claim: Claim, now: datetime) -> None: ...

    def close_claim(self, claim: Claim) -> None: ...

    def get_workspace(self) -> Workspace:
        """Raises NotFound, and InvalidWorkspace if any setting is not of its form."""

    def get_late_success(self) -> str:
        """grant, refund or hold. Raises NotFound, and InvalidWorkspace if this one setting is not of its form."""

    def get_member(self, subject: str) -> Member | None:
        """The member's role with the workspace, in one read; None for a stranger, and for a role without its event.

        Raises:
            InvalidWorkspace: as `get_workspace`.
        """

    def list_cases(self, limit: int, cursor: str | None = None) -> Page[Case]:
        """Open ones, oldest first."""

    def get_case(self, case_id: str) -> Case: ...

    def get_approval(self, approval_id: str) -> Approval: ...

    def list_approvals(self, limit: int, cursor: str | None = None) -> Page[Approval]:
        """Newest first."""

    def put_report(self, report_id: str, document: str) -> None: ...

    def get_report(self, report_id: str) -> str: ...

    def list_reports(self, limit: int, cursor: str | None = None) -> Page[str]:
        """Newest first. A page has at most a megabyte."""


class Store(Protocol):
    """The whole deployment: look-ups before a workspace is known, deliveries, the due index, leases."""

    def within(self, workspace_id: str) -> WorkspaceStore: ...

    def list_workspace_ids(self) -> list[str]: ...

    def locate(self, gateway: str, external_id: str) -> Location | None: ...

    def locate_by_ref(self, gateway: str, ref: str) -> Location | None:
        """The payment by a `news_ref` or `payment_ref` that was saved with a change of it."""

    def locate_dispute(self, gateway: str, ref: str) -> Location | None:
        """The payment by the gateway's id of a dispute; `subject_id` is our id of the dispute."""

    def add_delivery(self, delivery: Delivery) -> Delivery | None:
        """Keep a delivery; the stored one when this id was kept before."""

    def save_delivery(self, delivery: Delivery) -> bool:
        """Write the delivery; False where the stored one stays. Raises StoreError.

        No end goes back to an open state. APPLIED replaces the other ends, and IGNORED replaces DEAD.
        """

    def get_delivery(self, account: Account, delivery_id: str) -> Delivery: ...

    def list_due(
        self, lane: Lane, kind: str, before: datetime, limit: int, cursor: Cursor | None = None
    ) -> tuple[Sequence[Due], Cursor | None]:
        """One page, oldest first, and where the next one starts."""

    def defer(self, due: Due, at: datetime | None) -> None:
        """Move a row of the due index, or take it out; a row that another writer moved stays where that put it."""

    def back_off(self, due: Due, delays: Sequence[timedelta], now: datetime) -> None:
        """Move a row whose handling failed: by the first delay, after a second failure by the second one, and so on.

        The count of failures ends with the next write of the record, or with `defer`.
        """

    def take_job_lease(self, job: str, owner: str, now: datetime, until: datetime) -> int | None:
        """A fencing number that only rises, or None while another holds the lease."""

    def renew_job_lease(self, job: str, fence: int, until: datetime) -> bool:
        """Whether the lease taken under this fencing number is still the newest."""

    def end_job_lease(self, job: str, fence: int) -> None: ...

    def get_position(self, job: str) -> str:
        """Where a job left off; "" where it has none."""

    def put_position(self, job: str, position: str) -> None: ...

    def put_case(self, case: Case) -> None:
        """Open or decide a case of no workspace. Raises Conflict where another writer was first."""

    def get_case(self, case_id: str) -> Case:
        """A case of no workspace."""

    def list_cases(self, limit: int, cursor: str | None = None) -> Page[Case]:
        """Open ones that no workspace is known for, oldest first."""
