"""What every gateway does for us: five methods, small protocols for what only some can, five errors named for the
next step.

    GatewayError
    ├── Rejected         our request is wrong, nothing happened there: stop, alarm, mend code or settings
    ├── Unavailable      nothing happened there (never sent, 429, or a lost read): try again, bounded
    │   ├── SearchUnfinished   not found yet: store its position, go on from there
    │   └── Misconfigured    nothing was sent: the gateway's secret or settings are missing or of a wrong form
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
from typing import Any, ClassVar, Protocol, TypeVar, runtime_checkable

from payments.domain.dispute import DisputeSnapshot
from payments.domain.money import Money
from payments.domain.payment import Attempt, Customer
from payments.domain.refund import Refund
from payments.domain.snapshot import Snapshot
from payments.domain.terms import NOTHING_TO_DO, NextAction

Another = TypeVar("Another", bound="GatewayError")


class GatewayError(Exception):
    """`code`, `words` and `http_status` are the gateway's own, where it gave any; `answer` is its JSON, not for a log.

    `words` are cleaned. `needs_person`: credentials, settings or the account have to be mended by somebody.
    """

    api_code: ClassVar[str] = "internal_error"  # In the API's table of errors.

    def __init__(
        self,
        message: str,
        *,
        code: str = "",
        words: str = "",
        http_status: int = 0,
        answer: Mapping[str, Any] | None = None,
        needs_person: bool = False,
    ) -> None:
        super().__init__(message)
        self.code, self.words, self.http_status = code, words, http_status
        self.answer: Mapping[str, Any] = answer or {}
        self.needs_person = needs_person

    def turned_into(self, kind: type[Another], why: str = "", *, needs_person: bool = False) -> Another:
        """The same facts as another kind of error."""
        return kind(
            f"{self}: {why}" if why else str(self),
            code=self.code,
            words=self.words,
            http_status=self.http_status,
            answer=self.answer,
            needs_person=self.needs_person or needs_person,
        )


class Rejected(GatewayError):
    """The gateway refused the request as such; it had no effect and repeating it will not help."""

    api_code = "gateway_error"

    @property
    def is_unknown(self) -> bool:
        """The gateway does not know what the request names."""
        return self.http_status == 404

    @property
    def is_passing(self) -> bool:
        """It may pass: the gateway's data lag behind, or another request of ours is at work."""
        return self.http_status in (404, 409)

    def with_status(self, http_status: int) -> Rejected:
        """The same, where the gateway's own status says less than its code."""
        same = self.turned_into(Rejected)
        same.http_status = http_status
        return same


class Unavailable(GatewayError):
    """Nothing happened at the gateway; the same request may be sent again."""

    api_code = "gateway_unavailable"


class SearchUnfinished(Unavailable):
    """A check read as many pages as one may; the next one goes on at `position`, or begins anew where that is ""."""

    def __init__(self, position: str) -> None:
        super().__init__("not found yet: the search goes on with the next check")
        self.position = position


class Misconfigured(Unavailable):
    """The message names the secret's field or the setting, and what to do; it never shows a value."""

    def __init__(self, message: str, **more: Any) -> None:
        super().__init__(message, **{**more, "needs_person": True})


class OutcomeUnknown(GatewayError):
    """The gateway may have acted. Only a later fetch tells."""

    api_code = "outcome_unknown"


class Unsupported(GatewayError):
    """This gateway has no such ability."""

    api_code = "unsupported_by_gateway"


class WebhookForged(Exception):
    """The proof is missing or wrong, or no secret is configured."""

    api_code = "invalid_signature"


@dataclass(frozen=True, slots=True)
class Checkout:
    """What the payer is sent to. `news_ref` is the name by which webhooks will call the attempt, where not by ours."""

    ref: str
    next_action: NextAction
    expires_at: datetime | None = None
    news_ref: str = ""


@dataclass(frozen=True, slots=True)
class Charge:
    """What became of a direct charge at once; a payer may have to act all the same (3-D Secure)."""

    snapshot: Snapshot
    ref: str  # Webhooks name the charge by it.
    next_action: NextAction = NOTHING_TO_DO


@dataclass(frozen=True, slots=True)
class DisputePage:
    disputes: tuple[DisputeSnapshot, ...]
    next_cursor: str = ""  # "" on the last page.


class EventKind(StrEnum):
    PAYMENT = "payment"
    REFUND = "refund"
    DISPUTE = "dispute"
    IGNORED = "ignored"


@dataclass(frozen=True, slots=True)
class GatewayEvent:
    """One proven piece of news. `id` is equal for every copy of one delivery; `word` is the gateway's event name.

    It is about `subject_id` (ours), or where the gateway does not echo that, about `subject_ref`: a `news_ref` or a
    `payment_ref`. With both, `subject_ref` is the gateway's id of that attempt or refund. Of kind DISPUTE `subject_ref`
    is the dispute's own ref. News of a refund that carries no id of ours is of kind PAYMENT, about its payment;
    `refund_ref` names that refund where only its own status tells of it.
    """

    id: str
    kind: EventKind
    word: str
    subject_id: str = ""
    state: str = ""
    subject_ref: str = ""
    refund_ref: str = ""


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

    @property
    def title(self) -> str:
        """What the payer reads at the gateway."""
        return f"Order {self.merchant_order_id}".strip()


class Gateway(Protocol):
    """One gateway. An adapter decides nothing and keeps nothing."""

    name: ClassVar[str]
    minimum_minor: ClassVar[Mapping[str, int]]  # By currency; 1 for one that is not listed.
    refund_minimum_minor: ClassVar[Mapping[str, int]]  # Likewise.
    refund_window: ClassVar[timedelta]  # From the payment on.
    refund_may_return: ClassVar[timedelta]  # A completed refund may fail for so long; 0 where it cannot.
    has_one_refund_at_a_time: ClassVar[bool]
    has_refund_in_dispute: ClassVar[bool]  # Whether it refunds while a chargeback is open.

    @property
    def merchant_ref(self) -> str:
        """The merchant that answers must be about, "" where nobody configured it."""

    @property
    def client_values(self) -> Mapping[str, str]:
        """What the gateway's own script needs in a browser: public by nature, and empty until it is filled in."""

    def require_settings(self) -> None:
        """Raises Misconfigured where calls lack a setting or a field of the secret."""

    def create_checkout(self, attempt: Attempt, order: CheckoutOrder) -> Checkout: ...

    def fetch_payment(self, attempt: Attempt) -> Snapshot:
        """Without a `checkout_ref`: found by our id wherever money could have moved without us, else `created`.

        `created` says that every object of the time in which the create call can have arrived was read, now or, of an
        attempt that `is_absent`, before.

        Raises:
            SearchUnfinished: there are more of them than one check reads.
        """

    def create_refund(self, refund: Refund, attempt: Attempt) -> Snapshot: ...

    def fetch_refund(self, refund: Refund, attempt: Attempt) -> Snapshot: ...

    def read_webhook(self, request: WebhookRequest) -> GatewayEvent: ...


@runtime_checkable
class CanCapture(Protocol):
    """Holding and taking are two steps. Repeated for one attempt and amount, the money is taken once."""

    has_partial_capture: ClassVar[bool]
    has_checkout_hold: ClassVar[bool]  # False where only a token's charge can be held.

    def capture_payment(self, attempt: Attempt, amount: Money) -> Snapshot: ...


@runtime_checkable
class CanAuthorize(Protocol):
    """The payer's approval holds nothing by itself. Repeated for one attempt, the money is held once."""

    def authorize_payment(self, attempt: Attempt) -> Snapshot: ...


@runtime_checkable
class CanCancel(Protocol):
    """An unpaid checkout is closed, a hold is let go. Says what is so afterwards: it may have been paid before."""

    def cancel_payment(self, attempt: Attempt) -> Snapshot: ...


@runtime_checkable
class CanCharge(Protocol):
    """Charges the instrument that `attempt.terms.source_token` names. A decline is a Charge with a failed snapshot."""

    def charge_token(self, attempt: Attempt, order: CheckoutOrder) -> Charge: ...


@runtime_checkable
class CanVerify(Protocol):
    """The gateway's script hands the browser a proof. It proves who says so, never what is so: fetch afterwards."""

    def is_proved(self, attempt: Attempt, proof: Mapping[str, str]) -> bool: ...


@runtime_checkable
class CanDispute(Protocol):
    """Disputes can be read and accepted. Accepting twice is accepting once."""

    def fetch_dispute(self, ref: str) -> DisputeSnapshot:
        """Raises Rejected with `http_status` 404 where the gateway does not know it."""

    def list_disputes(self, since: datetime, until: datetime, cursor: str = "") -> DisputePage:
        """Those that were opened from `since` to `until`, and wherever the gateway can tell, those changed then."""

    def accept_dispute(self, ref: str) -> DisputeSnapshot: ...


@runtime_checkable
class CanFindRefund(Protocol):
    """A payment's status carries no total of what went back: a refund that is not ours is fetched by its own ref."""

    def fetch_foreign_refund(self, ref: str, attempt: Attempt) -> Snapshot: ...


@runtime_checkable
class CanConfirmRef(Protocol):
    """An attempt whose create answer was lost is found without a search, where a webhook named the object."""

    def confirm_ref(self, attempt: Attempt, ref: str) -> str:
        """The attempt's `checkout_ref`, if the gateway's object `ref` names our id of the attempt; else ""."""


_PROTOCOLS: Mapping[str, type] = {
    "capture": CanCapture,
    "cancel": CanCancel,
    "charge": CanCharge,
    "verify": CanVerify,
}


def abilities(gateway: Gateway) -> dict[str, bool]:
    """What it can do beyond the five methods, read off its methods: a flag and a method cannot disagree."""
    found = {name: isinstance(gateway, protocol) for name, protocol in _PROTOCOLS.items()}
    return found | {"partial_capture": isinstance(gateway, CanCapture) and gateway.has_partial_capture}
