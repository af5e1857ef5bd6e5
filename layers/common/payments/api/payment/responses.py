"""Payments as the API returns them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from payments.api.view import JsonView
from payments.domain.records.payment import Attempt, Customer, Payment, ReviewKind
from payments.domain.values.status import Failure, FailureCode, Status
from payments.domain.values.terms import NOTHING_TO_DO, ActionKind, CaptureMode, MethodType

RefundStatus = Literal["none", "partial", "full"]
DisputeState = Literal["none", "open", "won", "lost"]


class FailureView(JsonView):
    code: FailureCode
    gateway_code: Annotated[
        str, Field(description="the gateway's code, for roles that may read the timeline; else empty")
    ]
    message: Annotated[
        str, Field(description="the gateway's words, cleaned, for roles that may read the timeline; else empty")
    ]

    @staticmethod
    def of(failure: Failure | None, *, is_staff: bool) -> FailureView | None:
        if failure is None:
            return None
        code, message = (failure.gateway_code, failure.message) if is_staff else ("", "")
        return FailureView(code=failure.code, gateway_code=code, message=message)


class NextActionView(JsonView):
    """`redirect`: send the payer's browser to `url`. `client_sdk`: hand `values` to the gateway's own script.
    `upi_intent`: open `url` on the phone. `upi_qr`: show `url` as a QR code. `none`: nothing to do, or do not pay.
    """

    type: ActionKind
    url: str | None
    values: Annotated[
        dict[str, str], Field(description="public values for the gateway's own script; empty but for client_sdk")
    ]

    @staticmethod
    def of(payment: Payment) -> NextActionView:
        current = payment.current
        is_wanted = payment.review is None and not payment.winning_attempt_id and not current.is_cancelling
        is_payable = current.status.is_open and current.status is not Status.AUTHORIZED
        action = current.next_action if is_wanted and is_payable else NOTHING_TO_DO
        return NextActionView(type=action.kind, url=action.url or None, values=dict(action.values))


class AttemptView(JsonView):
    attempt_id: str
    number: int
    gateway: str
    account: Annotated[str, Field(description="the gateway account it was made at; its refunds go there too")]
    status: Status
    payment_ref: Annotated[str, Field(description="the gateway's id of the money, for its support; empty until paid")]
    failure: FailureView | None
    created_at: datetime
    expires_at: datetime
    honored_until: Annotated[datetime | None, Field(description="until then the gateway guarantees a capture")]

    @staticmethod
    def of(attempt: Attempt, *, is_staff: bool) -> AttemptView:
        return AttemptView(
            attempt_id=attempt.id,
            number=attempt.number,
            gateway=attempt.gateway,
            account=attempt.account_name,
            status=attempt.status,
            payment_ref=attempt.payment_ref,
            failure=FailureView.of(attempt.failure, is_staff=is_staff),
            created_at=attempt.created_at,
            expires_at=attempt.expires_at,
            honored_until=attempt.honored_until,
        )


class CustomerView(JsonView):
    id: str
    name: str
    email: str
    mobile: Annotated[
        str, Field(description="in E.164, or as it was sent where it could not be brought into that form")
    ]
    mobile_sent: Annotated[bool, Field(description="whether gateways that want a number get it: true only in E.164")]

    @staticmethod
    def of(customer: Customer) -> CustomerView:
        return CustomerView(
            id=customer.id,
            name=customer.name,
            email=customer.email,
            mobile=customer.mobile,
            mobile_sent=customer.is_mobile_e164,
        )


class PaymentView(JsonView):
    """Amounts are integers in the minor unit of `currency`. `late`: the money came after the payment had ended."""

    payment_id: str
    merchant_order_id: str
    workspace_id: str
    amount: int
    currency: str
    status: Status
    refund_status: RefundStatus
    amount_capturable: Annotated[int, Field(description="what is authorized and may still be captured")]
    amount_captured: int
    amount_reserved: Annotated[int, Field(description="the amount of open refunds")]
    amount_refunded: int
    amount_disputed: Annotated[int, Field(description="of open and lost chargebacks: it cannot be refunded")]
    dispute_status: Annotated[DisputeState, Field(description="the worst of its disputes; open includes inquiries")]
    amount_written_off: Annotated[int, Field(description="captured, and written off by a decision")]
    fee: Annotated[int, Field(description="what the payer paid to the gateway on top of amount_captured")]
    gateway: str
    method_type: Annotated[MethodType | None, Field(description="null where the payer chooses")]
    capture: CaptureMode
    installments: Annotated[int | None, Field(description="months; null for none")]
    checkout_ref: Annotated[
        str, Field(description="the gateway's id of what the payer pays on; empty until it answered")
    ]
    receipt: Annotated[str | None, Field(description="the number to show the payer; null until the money is captured")]
    attempt_count: int
    next_action: NextActionView
    failure: FailureView | None
    review: Annotated[ReviewKind | None, Field(description="why a person must decide before anything is granted")]
    late: bool
    in_progress: Annotated[
        bool, Field(description="expires_at has passed, and the gateway still works on it: wait until it decides")
    ]
    replaced_by: Annotated[str | None, Field(description="the newer payment of the same order, for another amount")]
    attempts: tuple[AttemptView, ...]
    customer: CustomerView | None
    metadata: dict[str, str]
    return_url: str
    created_at: datetime
    updated_at: datetime
    expires_at: datetime

    @staticmethod
    def of(payment: Payment, *, is_staff: bool = False) -> PaymentView:
        """`is_staff`: the caller's role may read timelines."""
        current, winner = payment.current, payment.winning_attempt or _excess_attempt(payment)
        return PaymentView(
            payment_id=payment.id,
            merchant_order_id=payment.merchant_order_id,
            workspace_id=payment.workspace_id,
            amount=payment.amount.minor,
            currency=payment.amount.currency,
            status=payment.status,
            refund_status=_refund_status(winner),
            amount_capturable=current.amount.minor if current.awaits_capture and not payment.winning_attempt_id else 0,
            amount_captured=winner.captured_minor if winner else 0,
            amount_reserved=winner.reserved_minor if winner else 0,
            amount_refunded=winner.refunded_minor if winner else 0,
            amount_disputed=winner.disputed_minor if winner else 0,
            dispute_status=winner.dispute_status if winner else "none",
            amount_written_off=winner.written_off_minor if winner else 0,
            fee=winner.fee_minor if winner else 0,
            gateway=(winner or current).gateway,
            method_type=current.terms.method_type,
            capture=current.terms.capture,
            installments=current.terms.installments or None,
            checkout_ref=(winner or current).checkout_ref,
            receipt=f"{payment.merchant_order_id}-PAY-{winner.number:03}" if winner else None,
            attempt_count=len(payment.attempts),
            next_action=NextActionView.of(payment),
            failure=FailureView.of(failure_of(payment), is_staff=is_staff),
            review=payment.review_kind,
            late=any(attempt.is_late for attempt in payment.attempts),
            in_progress=current.in_progress_at is not None and current.status.is_open,
            replaced_by=payment.replaced_by or None,
            attempts=tuple(AttemptView.of(attempt, is_staff=is_staff) for attempt in payment.attempts),
            customer=CustomerView.of(payment.customer) if payment.customer else None,
            metadata=dict(sorted(payment.metadata.items())),
            return_url=payment.return_url,
            created_at=payment.created_at,
            updated_at=payment.updated_at,
            expires_at=current.expires_at,
        )


class NewPaymentView(PaymentView):
    """The answer to a new payment or a retry. Only this answer has the checkout token for the payer's browser."""

    checkout_token: str

    @staticmethod
    def with_token(payment: Payment, checkout_token: str, *, is_staff: bool = False) -> NewPaymentView:
        known = vars(PaymentView.of(payment, is_staff=is_staff))  # Type-checked in `of`; a dict's values are not.
        return NewPaymentView(**known, checkout_token=checkout_token)


def _excess_attempt(payment: Payment) -> Attempt | None:
    """Return an attempt with excess captures, if the payment has no winning attempt."""
    return next((attempt for attempt in payment.attempts if attempt.is_excess), None)


def _refund_status(winner: Attempt | None) -> RefundStatus:
    if winner is None or winner.refunded_minor == 0:
        return "none"
    return "full" if winner.refunded_minor >= winner.captured_minor else "partial"


def failure_of(payment: Payment) -> Failure | None:
    """Return why an ended payment was not captured: a decision, else the failure of the newest attempt."""
    return payment.failure or payment.current.failure if payment.status.is_dead else None


class PaymentList(JsonView):
    data: tuple[PaymentView, ...]
    next_cursor: str | None

    @staticmethod
    def of(payments: Sequence[Payment], next_cursor: str | None = None, *, is_staff: bool = False) -> PaymentList:
        views = tuple(PaymentView.of(payment, is_staff=is_staff) for payment in payments)
        return PaymentList(data=views, next_cursor=next_cursor)
