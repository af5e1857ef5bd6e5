"""What callers may send. Descriptions are written to be read in an error: they say what to send."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from payments.domain.payment import Customer
from payments.domain.terms import CaptureMode, MethodType, Terms
from payments.runtime.errors import Refusal
from payments.runtime.fields import (
    AMOUNT_FORM,
    CURRENCY_FORM,
    GATEWAY_FORM,
    INSTANT_FORM,
    METHOD_FORM,
    NEW_ORDER_ID_FORM,
    ORDER_ID_FORM,
    WHY_FORM,
    Amount,
    Currency,
    GatewayName,
    Instant,
    MetadataKey,
    MetadataValue,
    Method,
    NewOrderId,
    OrderId,
    Printable,
    ProofValue,
    Readable,
    SourceToken,
    Written,
    never_null,
    read_minor,
    read_whole,
    refuse_null,
)
from payments.runtime.mobile import read_mobile


class Form(BaseModel):
    """Unknown fields are refused and nothing is converted: what is not understood is not obeyed."""

    needs_body: ClassVar[bool] = False  # What a caller failed to send must not move money.
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, hide_input_in_errors=True, defer_build=True)


class CustomerForm(Form):
    id: str = Field("", pattern=r"^[A-Za-z0-9_.:@-]{0,64}$", description="up to 64 letters, digits, _ - . : or @")
    name: Readable = Field("", max_length=100, description="up to 100 characters of any script, no control characters")
    email: str = Field(
        "", max_length=254, pattern=r"^$|^[!-?A-~]+@[A-Za-z0-9.-]+$", description='an ASCII address: "asha@example.com"'
    )
    mobile: Readable = Field(
        "", max_length=32, description='a telephone number of up to 32 characters: "+919876543210" or "98765 43210"'
    )


def _unless_empty(customer: CustomerForm | None) -> CustomerForm | None:
    """A customer of whom nothing is said is none: the same request, whoever spells it out."""
    return customer if customer and any(customer.model_dump().values()) else None


def _unless_one(months: int | None) -> int | None:
    return None if months == 1 else months


class PaymentRequest(Form):
    needs_body = True

    merchant_order_id: NewOrderId = Field(description=NEW_ORDER_ID_FORM, examples=["ORDER-1001"])
    amount: Amount
    currency: Currency
    return_url: str = Field(
        min_length=1,
        max_length=2048,
        description="the https address the payer comes back to, of an origin in the deployment's allow-list",
        examples=["https://shop.example.com/thanks"],
    )
    customer: Annotated[CustomerForm | None, AfterValidator(_unless_empty)] = Field(
        None, description="an object with any of id, name, email, mobile"
    )
    metadata: dict[MetadataKey, MetadataValue] = Field(
        default_factory=dict,
        max_length=15,
        description="up to 15 names of letters, digits and _ (40 characters), texts of up to 256 without controls",
    )
    expires_in_s: int = Field(1200, ge=300, le=3600, description="an integer of seconds, 300 to 3600")
    gateway: GatewayName | None = Field(None, description=f"{GATEWAY_FORM}; leave it out for the workspace's own order")
    method_type: Method | None = Field(None, description=f"{METHOD_FORM}; leave it out to let the payer choose")
    payment_method: SourceToken | None = Field(
        None, description="a gateway's token of an instrument (pm_..., cnon:...), to be charged without a checkout"
    )
    capture: Literal["auto", "manual"] = Field("auto", description='"auto", or "manual" to hold the money first')
    installments: Annotated[int | None, AfterValidator(_unless_one)] = Field(
        None, ge=1, le=24, description="months, 2 to 24, with method_type emi; 1 or left out for none"
    )

    def terms(self) -> Terms:
        """Raises Refusal."""
        if self.payment_method and not self.gateway:
            raise Refusal("invalid_request", "Send gateway with payment_method: a token belongs to one gateway.")
        months = self.installments or 0
        if months and self.method_type != "emi":
            raise Refusal("invalid_request", "Send method_type emi with installments.")
        return Terms(
            MethodType(self.method_type) if self.method_type else None,
            CaptureMode(self.capture),
            months,
            self.payment_method or "",
        )

    def payer(self, country: str) -> Customer | None:
        """`country` is the merchant's: a mobile without a country code is read as one of there."""
        if self.customer is None:
            return None
        mobile, is_e164 = read_mobile(self.customer.mobile, country)
        return Customer(**self.customer.model_dump(exclude={"mobile"}), mobile=mobile, is_mobile_e164=is_e164)


class RetryRequest(Form):
    """The next attempt repeats the payment's own amount and terms."""

    gateway: GatewayName | None = Field(None, description=f"{GATEWAY_FORM}; leave it out to stay with the last one")
    payment_method: SourceToken | None = Field(None, description="a new token, where the last one was charged directly")


class CaptureRequest(Form):
    """A null amount is refused: what a caller failed to fill in must not take everything."""

    needs_body = True

    amount: Annotated[Amount | None, BeforeValidator(refuse_null)] = Field(
        None, description=f"{AMOUNT_FORM}; leave it out to capture all that is held", json_schema_extra=never_null
    )


class CancelRequest(Form):
    reason: Printable = Field("", max_length=250, description="up to 250 printable characters")


class VerifyRequest(Form):
    """Without a proof it is a look at the gateway, for those that hand none to the browser."""

    proof: dict[MetadataKey, ProofValue] = Field(
        default_factory=dict,
        max_length=10,
        description="what the gateway's script handed to the browser, names and texts; left out for none",
    )


class GatewaysQuery(Form):
    currency: Currency = Field("INR", description=CURRENCY_FORM)
    country: str | None = Field(None, pattern="^[A-Z]{2}$", description="the merchant's, \"IN\"; else the workspace's")
    amount: Annotated[int | None, BeforeValidator(read_minor)] = Field(
        None, description="a whole number of minor units"
    )


# The reasons a caller may give; the others are the system's own.
Reason = Literal["customer_request", "duplicate", "damaged", "not_delivered", "fraud", "dispute", "other"]


class RefundRequest(Form):
    """A null amount is refused: what a caller failed to fill in must not refund everything."""

    needs_body = True

    amount: Annotated[Amount | None, BeforeValidator(refuse_null)] = Field(
        None, description=f"{AMOUNT_FORM}; leave it out to refund all that is left", json_schema_extra=never_null
    )
    currency: Currency | None = Field(None, description=f"{CURRENCY_FORM}; leave it out to use the payment's")
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


class PageQuery(Form):
    limit: Annotated[int, BeforeValidator(read_whole)] = Field(50, ge=1, le=200, description="a whole number, 1 to 200")
    cursor: str | None = Field(None, pattern="^[A-Za-z0-9_-]{1,400}$", description="next_cursor of the page before")


class DisputesQuery(PageQuery):
    status: DisputeStatusWord | None = Field(
        None,
        description=f"one of {', '.join(DisputeStatusWord.__args__)}",  # type: ignore[attr-defined]
    )
    due_before: Instant | None = Field(None, description=f"those that must be answered before {INSTANT_FORM}")


class NoFields(Form):
    """No body, or {}."""


class AcceptRequest(Form):
    needs_body = True

    reason: Written = Field(min_length=1, max_length=250, description=WHY_FORM)


class Window(Form):
    """A stretch of time; without a start it goes back by `_span` from its end, without an end it ends now."""

    created_from: Instant | None = Field(None, description=INSTANT_FORM)
    created_to: Instant | None = Field(None, description=INSTANT_FORM)

    def between(self, now: datetime, span: timedelta) -> tuple[datetime, datetime]:
        end = self.created_to or now
        start = self.created_from or end - span
        if start >= end:
            raise Refusal("invalid_request", "Send a created_from that is before created_to.")
        return start, end


class ReconciliationRequest(Window):
    dry_run: bool = Field(True, description="true to only look (the default), false to also mend")
    cursor: str | None = Field(
        None, pattern="^[A-Za-z0-9_-]{1,400}$", description="next_cursor of a report that is not complete"
    )


# What a person may decide about a case; each kind of case has some of them.
CaseOutcome = Literal["accept", "refund", "refunded_outside", "write_off", "ours", "not_ours", "attribute", "noted"]


class DecisionRequest(Form):
    needs_body = True

    outcome: CaseOutcome = Field(description=f"one of {', '.join(CaseOutcome.__args__)}")  # type: ignore[attr-defined]
    note: Written = Field(min_length=1, max_length=250, description=WHY_FORM)
    reference: Written = Field(
        "",
        max_length=100,
        description="of refunded_outside: how the money went back; up to 100 printable characters, not only spaces",
    )
    attempt_id: Printable = Field("", max_length=36, description="of attribute: the attempt that the money belongs to")
    payment_id: Printable = Field("", max_length=36, description="of ours: the payment that the order belongs to")


class AnswerRequest(Form):
    note: Printable = Field("", max_length=250, description="up to 250 printable characters")


Status = Literal["created", "pending", "authorized", "completed", "failed", "cancelled", "expired"]


class PaymentsQuery(PageQuery, Window):
    merchant_order_id: OrderId | None = Field(None, description=f"{ORDER_ID_FORM}; the list is then that one payment")
    status: Status | None = Field(None, description=f"one of {', '.join(Status.__args__)}")  # type: ignore[attr-defined]
