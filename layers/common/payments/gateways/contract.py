"""What every gateway does for us: five methods, two kinds of answer, five errors named for the next step.

    GatewayError
    ├── Rejected         our request is wrong, nothing happened there: stop, alarm, mend code or settings
    ├── Unavailable      nothing happened there (never sent, 429, or a lost read): try again, bounded
    ├── OutcomeUnknown   a write was sent and its answer was lost, or it had been done before: fetch until they say
    └── Unsupported      this gateway cannot
    WebhookForged        proof missing or wrong: keep nothing of the body

A decline is not an error: it is a `Snapshot` with a `Failure`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import ClassVar, Protocol

from payments.domain.money import Money
from payments.domain.payment import Attempt, Customer
from payments.domain.refund import Refund
from payments.domain.status import Failure, Status


class GatewayError(Exception):
    """`code` and `http_status` are the gateway's own, where it gave any."""

    def __init__(self, message: str, *, code: str = "", http_status: int = 0) -> None:
        super().__init__(message)
        self.code = code
        self.http_status = http_status


class Rejected(GatewayError):
    """The gateway refused the request as such; it had no effect and repeating it will not help."""


class Unavailable(GatewayError):
    """Nothing happened at the gateway; the same request may be sent again."""


class OutcomeUnknown(GatewayError):
    """The gateway may have acted. Only a later fetch tells."""


class Unsupported(GatewayError):
    """This gateway has no such ability."""


class WebhookForged(Exception):
    """The proof is missing or wrong, or no secret is configured."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What a gateway says now about one attempt or one refund.

    `created` means the gateway does not know it. `amount` is the gateway's own, None where it gave none.
    """

    status: Status
    amount: Money | None = None
    ref: str = ""
    failure: Failure | None = None
    subject_id: str = ""  # Our id as the gateway echoes it, "" where it does not.
    merchant_ref: str = ""  # The merchant account as the gateway echoes it.


@dataclass(frozen=True, slots=True)
class Checkout:
    """What the payer is sent to."""

    ref: str
    redirect_url: str
    expires_at: datetime | None = None


class EventKind(StrEnum):
    PAYMENT = "payment"
    REFUND = "refund"
    IGNORED = "ignored"


@dataclass(frozen=True, slots=True)
class GatewayEvent:
    """One proven piece of news. `id` is equal for every copy of one delivery; `word` is the gateway's event name."""

    id: str
    kind: EventKind
    word: str
    subject_id: str = ""
    state: str = ""


@dataclass(frozen=True, slots=True)
class WebhookRequest:
    """As received: raw body bytes, header names in lower case."""

    body: bytes
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class CheckoutOrder:
    """What a checkout is made of beside the attempt: where the payer comes back to, and who that is."""

    return_url: str
    payment_id: str
    merchant_order_id: str
    expires_in_s: int
    customer: Customer | None = None


class Gateway(Protocol):
    """One gateway. An adapter decides nothing and keeps nothing."""

    name: ClassVar[str]
    minimum_minor: ClassVar[Mapping[str, int]]  # By currency; a currency that is not here is not taken.
    refund_minimum_minor: ClassVar[int]
    refund_window: ClassVar[timedelta]  # From the payment on.
    has_one_refund_at_a_time: ClassVar[bool]
    merchant_ref: str  # The account that answers must be about, "" where nobody configured it.

    def create_checkout(self, attempt: Attempt, order: CheckoutOrder) -> Checkout: ...

    def fetch_payment(self, attempt: Attempt) -> Snapshot: ...

    def create_refund(self, refund: Refund, attempt: Attempt) -> Snapshot: ...

    def fetch_refund(self, refund: Refund, attempt: Attempt) -> Snapshot: ...

    def read_webhook(self, request: WebhookRequest) -> GatewayEvent: ...
