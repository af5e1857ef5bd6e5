"""Request bodies that start an attempt."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from payments.api.errors import Refusal
from payments.api.fields import (
    GATEWAY_FORM,
    METHOD_FORM,
    NEW_ORDER_ID_FORM,
    Amount,
    Currency,
    GatewayName,
    MetadataKey,
    MetadataValue,
    Method,
    NewOrderId,
    Readable,
    SourceToken,
)
from payments.api.form import Form
from payments.api.mobile import read_mobile
from payments.domain.records.payment import Customer
from payments.domain.values.terms import CaptureMode, MethodType, Terms


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
    """Return None for an empty customer, so that both forms are the same request under an Idempotency-Key."""
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
    capture: Literal["auto", "manual"] = Field("auto", description='"auto", or "manual" to authorize first')
    installments: Annotated[int | None, AfterValidator(_unless_one)] = Field(
        None, ge=1, le=24, description="months, 2 to 24, with method_type emi; 1 or left out for none"
    )

    def terms(self) -> Terms:
        """Return the attempt's terms. Raises Refusal if two fields contradict each other."""
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
        """Return the customer. `country` (ISO 3166-1 alpha-2) is the merchant's, for a mobile without country code."""
        if self.customer is None:
            return None
        mobile, is_e164 = read_mobile(self.customer.mobile, country)
        return Customer(**self.customer.model_dump(exclude={"mobile"}), mobile=mobile, is_mobile_e164=is_e164)


class RetryRequest(Form):
    """The body of a retry. The new attempt has the payment's amount and terms."""

    gateway: GatewayName | None = Field(None, description=f"{GATEWAY_FORM}; leave it out to stay with the last one")
    payment_method: SourceToken | None = Field(None, description="a new token, where the last one was charged directly")
