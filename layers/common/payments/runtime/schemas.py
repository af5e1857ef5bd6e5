"""What callers may send. Descriptions are written to be read in an error: they say what to send."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from payments.domain.payment import Customer
from payments.domain.terms import CaptureMode, MethodType, Terms
from payments.runtime.errors import Refusal

_INSTANT = re.compile(r"2\d{3}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?(Z|\+00:00)", re.ASCII)
_JOINERS = "\u200c\u200d"  # Part of how some Indian scripts and emoji are written.


def _printable(text: str) -> str:
    if not all(char.isprintable() or char in _JOINERS for char in text):
        raise ValueError("not printable")
    return text


def _written(text: str) -> str:
    if text and not text.strip(" " + _JOINERS):  # Of what is printable, only these leave nothing to read.
        raise ValueError("blank")
    return text


def _instant(value: Any) -> datetime:
    if not isinstance(value, str) or not _INSTANT.fullmatch(value):
        raise ValueError("not an instant")
    return datetime.fromisoformat(value).astimezone(UTC)


def _whole(value: Any) -> int:
    if not isinstance(value, str) or not re.fullmatch("[0-9]{1,3}", value):
        raise ValueError("not a whole number")
    return int(value)


def _minor(value: Any) -> int:
    if not isinstance(value, str) or not re.fullmatch("[1-9][0-9]{0,7}", value):
        raise ValueError("not minor units")
    return int(value)


def _truth(value: Any) -> bool:
    if value not in ("true", "false"):
        raise ValueError("not true or false")
    return bool(value == "true")


_AMOUNT = 'an integer in the minor unit: "amount": 49900 means Rs 499.00; 1 to 99999999'
_CURRENCY = 'an ISO 4217 code of 3 upper-case letters: "INR"'
_INSTANT_FORM = 'a UTC time: "2026-11-20T00:00:00Z"'

Amount = Annotated[int, Field(ge=1, le=99_999_999, description=_AMOUNT, examples=[49900])]
Currency = Annotated[str, Field(pattern="^[A-Z]{3}$", description=_CURRENCY, examples=["INR"])]
Instant = Annotated[datetime, BeforeValidator(_instant)]
Printable = Annotated[str, AfterValidator(_printable)]
Written = Annotated[Printable, AfterValidator(_written)]  # It is kept for ever, so it must say something.
OrderId = Annotated[str, Field(pattern="^[A-Za-z0-9_-]{1,63}$")]
_ORDER_ID = "1 to 63 letters, digits, _ or -: your own id of the order"


GatewayName = Annotated[str, Field(pattern="^[a-z][a-z0-9_]{0,31}$", examples=["phonepe"])]
_GATEWAY = 'a gateway\'s name: "phonepe"'
Method = Literal["upi", "card", "netbanking", "wallet", "paypal", "emi"]
_WHY = "why; 1 to 250 printable characters, not only spaces, kept for ever"
_METHOD = "one of upi, card, netbanking, wallet, paypal, emi"
SourceToken = Annotated[str, Field(pattern="^[A-Za-z0-9_:.-]{4,255}$")]
ProofValue = Annotated[Printable, Field(min_length=1, max_length=512)]


class Form(BaseModel):
    """Unknown fields are refused and nothing is converted: what is not understood is not obeyed."""

    needs_body: ClassVar[bool] = False  # What a caller failed to send must not move money.
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, hide_input_in_errors=True, defer_build=True)


class CustomerForm(Form):
    id: str = Field("", pattern=r"^[A-Za-z0-9_.:@-]{0,64}$", description="up to 64 letters, digits, _ - . : or @")
    name: Printable = Field("", max_length=100, description="up to 100 printable characters")
    email: str = Field(
        "", max_length=254, pattern=r"^$|^[!-?A-~]+@[A-Za-z0-9.-]+$", description='an ASCII address: "asha@example.com"'
    )
    mobile: str = Field("", pattern=r"^$|^\+?[0-9]{8,15}$", description='8 to 15 digits: "+919876543210"')


MetadataKey = Annotated[str, Field(pattern="^[A-Za-z0-9_]{1,40}$")]
MetadataValue = Annotated[Printable, Field(max_length=256)]


class PaymentRequest(Form):
    needs_body = True

    merchant_order_id: OrderId = Field(description=_ORDER_ID, examples=["ORDER-1001"])
    amount: Amount
    currency: Currency
    return_url: str = Field(
        min_length=1,
        max_length=2048,
        description="the https address the payer comes back to, of an origin in the deployment's allow-list",
        examples=["https://shop.example.com/thanks"],
    )
    customer: CustomerForm | None = Field(None, description="an object with any of id, name, email, mobile")
    metadata: dict[MetadataKey, MetadataValue] = Field(
        default_factory=dict,
        max_length=15,
        description="up to 15 names of letters, digits and _ (40 characters), with printable texts of up to 256",
    )
    expires_in_s: int = Field(1200, ge=300, le=3600, description="an integer of seconds, 300 to 3600")
    gateway: GatewayName | None = Field(None, description=f"{_GATEWAY}; leave it out for the workspace's own order")
    method_type: Method | None = Field(None, description=f"{_METHOD}; leave it out to let the payer choose")
    payment_method: SourceToken | None = Field(
        None, description="a gateway's token of an instrument (pm_..., cnon:...), to be charged without a checkout"
    )
    capture: Literal["auto", "manual"] = Field("auto", description='"auto", or "manual" to hold the money first')
    installments: int | None = Field(None, ge=2, le=24, description="months, 2 to 24, with method_type emi")

    def terms(self) -> Terms:
        """Raises Refusal."""
        if self.payment_method and not self.gateway:
            raise Refusal("invalid_request", "Send gateway with payment_method: a token belongs to one gateway.")
        if self.installments and self.method_type != "emi":
            raise Refusal("invalid_request", "Send method_type emi with installments.")
        return Terms(
            MethodType(self.method_type) if self.method_type else None,
            CaptureMode(self.capture),
            self.installments or 0,
            self.payment_method or "",
        )

    @property
    def payer(self) -> Customer | None:
        return Customer(**self.customer.model_dump()) if self.customer else None


def _not_null(value: Any) -> Any:
    if value is None:
        raise ValueError("null")
    return value


def _never_null(schema: dict[str, Any]) -> None:
    schema.update(schema.pop("anyOf")[0])
    del schema["default"]


class RetryRequest(Form):
    """The next attempt repeats the payment's own amount and terms."""

    gateway: GatewayName | None = Field(None, description=f"{_GATEWAY}; leave it out to stay with the last one")
    payment_method: SourceToken | None = Field(None, description="a new token, where the last one was charged directly")


class CaptureRequest(Form):
    """A null amount is refused: what a caller failed to fill in must not take everything."""

    needs_body = True

    amount: Annotated[Amount | None, BeforeValidator(_not_null)] = Field(
        None, description=f"{_AMOUNT}; leave it out to capture all that is held", json_schema_extra=_never_null
    )


class CancelRequest(Form):
    reason: Printable = Field("", max_length=250, description="up to 250 printable characters")


class VerifyRequest(Form):
    needs_body = True

    proof: dict[MetadataKey, ProofValue] = Field(
        min_length=1, max_length=10, description="what the gateway's script handed to the browser, names and texts"
    )


class GatewaysQuery(Form):
    currency: Currency = Field("INR", description=_CURRENCY)
    country: str | None = Field(None, pattern="^[A-Z]{2}$", description="the merchant's, \"IN\"; else the workspace's")
    amount: Annotated[int | None, BeforeValidator(_minor)] = Field(None, description="a whole number of minor units")


# The reasons a caller may give; the others are the system's own.
Reason = Literal["customer_request", "duplicate", "damaged", "not_delivered", "fraud", "dispute", "other"]


class RefundRequest(Form):
    """A null amount is refused: what a caller failed to fill in must not refund everything."""

    needs_body = True

    amount: Annotated[Amount | None, BeforeValidator(_not_null)] = Field(
        None, description=f"{_AMOUNT}; leave it out to refund all that is left", json_schema_extra=_never_null
    )
    currency: Currency | None = Field(None, description=f"{_CURRENCY}; leave it out to use the payment's")
    reason_code: Reason = Field("other", description=f"one of {', '.join(Reason.__args__)}")  # type: ignore[attr-defined]
    reason_text: Printable = Field("", max_length=250, description="up to 250 printable characters")
    force: bool = Field(False, description="true to request a refund while a chargeback is open; needs reason_text")

    @property
    def is_forced(self) -> bool:
        """Raises Refusal."""
        if self.force and not self.reason_text.strip():
            raise Refusal("invalid_request", "Send reason_text with force: a second person must know why.")
        return self.force


DisputeStatusWord = Literal["open", "under_review", "won", "lost", "closed"]


class DisputesQuery(Form):
    status: DisputeStatusWord | None = Field(
        None,
        description=f"one of {', '.join(DisputeStatusWord.__args__)}",  # type: ignore[attr-defined]
    )
    due_before: Instant | None = Field(
        None, description=f"those that must be answered before {_INSTANT_FORM.removeprefix('a ')}"
    )


class NoFields(Form):
    """No body, or {}."""


class AcceptRequest(Form):
    needs_body = True

    reason: Written = Field(min_length=1, max_length=250, description=_WHY)


class Window(Form):
    """A stretch of time; without a start it goes back by `_span` from its end, without an end it ends now."""

    created_from: Instant | None = Field(None, description=_INSTANT_FORM)
    created_to: Instant | None = Field(None, description=_INSTANT_FORM)

    def between(self, now: datetime, span: timedelta) -> tuple[datetime, datetime]:
        end = self.created_to or now
        start = self.created_from or end - span
        if start >= end:
            raise Refusal("invalid_request", "Send a created_from that is before created_to.")
        return start, end


class ReconciliationRequest(Window):
    dry_run: bool = Field(True, description="true to only look (the default), false to also mend")

    def window(self, now: datetime) -> tuple[datetime, datetime]:
        return self.between(now, timedelta(hours=24))


# What a person may decide about a case; each kind of case has some of them.
CaseOutcome = Literal["accept", "refund", "refunded_outside", "write_off", "ours", "not_ours", "attribute", "noted"]


class DecisionRequest(Form):
    needs_body = True

    outcome: CaseOutcome = Field(description=f"one of {', '.join(CaseOutcome.__args__)}")  # type: ignore[attr-defined]
    note: Written = Field(min_length=1, max_length=250, description=_WHY)
    reference: Written = Field(
        "",
        max_length=100,
        description="of refunded_outside: how the money went back; up to 100 printable characters, not only spaces",
    )
    attempt_id: Printable = Field("", max_length=36, description="of attribute: the attempt that the money belongs to")
    payment_id: Printable = Field("", max_length=36, description="of ours: the payment that the order belongs to")


class AnswerRequest(Form):
    note: Printable = Field("", max_length=250, description="up to 250 printable characters")


class RefreshQuery(Form):
    refresh: Annotated[bool, BeforeValidator(_truth)] = Field(False, description="true to ask the gateway first")


Status = Literal["created", "pending", "authorized", "completed", "failed", "cancelled", "expired"]


class PaymentsQuery(Window):
    merchant_order_id: OrderId | None = Field(None, description=f"{_ORDER_ID}; the list is then that one payment")
    status: Status | None = Field(None, description=f"one of {', '.join(Status.__args__)}")  # type: ignore[attr-defined]
    limit: Annotated[int, BeforeValidator(_whole)] = Field(50, ge=1, le=200, description="a whole number, 1 to 200")
    cursor: str | None = Field(None, pattern="^[A-Za-z0-9_-]{1,400}$", description="next_cursor of the page before")
