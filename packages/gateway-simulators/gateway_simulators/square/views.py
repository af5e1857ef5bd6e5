"""Square's JSON of its records. Empty fields are left out."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from gateway_simulators.square.errors import decline_error
from gateway_simulators.square.records import (
    APPROVED,
    CANCELED,
    COMPLETED,
    FAILED,
    Dispute,
    Link,
    Order,
    Payment,
    Refund,
)
from gateway_simulators.square.settings import Location, Settings
from gateway_simulators.square.sources import BANK, CARD, CASH, EXTERNAL

_CARD_STATUS = {APPROVED: "AUTHORIZED", COMPLETED: "CAPTURED", CANCELED: "VOIDED", FAILED: "FAILED"}
_TIMELINE = {APPROVED: "authorized_at", COMPLETED: "captured_at", CANCELED: "voided_at"}
CAPABILITIES = ["EDIT_AMOUNT_DOWN", "EDIT_TIP_AMOUNT_UP", "EDIT_TIP_AMOUNT_DOWN"]
_TENDER_TYPES = {CARD: "CARD", BANK: "BANK_ACCOUNT", CASH: "CASH", EXTERNAL: "OTHER"}
View = dict[str, Any]


def time_text(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def money(amount: int, currency: str) -> View:
    return {"amount": amount, "currency": currency}


def payment_view(payment: Payment, amount: int | None = None) -> View:
    shown = money(payment.amount if amount is None else amount, payment.currency)
    return _filled(
        id=payment.id,
        created_at=time_text(payment.created_at),
        updated_at=time_text(payment.updated_at),
        amount_money=shown,
        total_money=shown,
        approved_money=money(payment.approved, payment.currency) if payment.approved else None,
        refunded_money=money(payment.refunded, payment.currency) if payment.refunded else None,
        refund_ids=payment.refund_ids,
        status=payment.status,
        source_type=payment.source.kind,
        location_id=payment.location_id,
        order_id=payment.order_id,
        reference_id=payment.reference_id,
        customer_id=payment.customer_id,
        note=payment.note,
        receipt_number=payment.id[:4] if payment.status == COMPLETED else "",
        receipt_url=f"https://squareupsandbox.com/receipt/preview/{payment.id}" if payment.status == COMPLETED else "",
        version_token=payment.version_token,
        **_delay(payment),
        **_source(payment),
    )


def _delay(payment: Payment) -> View:
    if payment.source.kind != CARD:
        return {}
    return {
        "delay_duration": f"PT{payment.delay_seconds / 3600:.0f}H",
        "delay_action": payment.delay_action,
        "delayed_until": time_text(payment.delayed_until),
        "capabilities": CAPABILITIES if payment.status == APPROVED else [],
        "risk_evaluation": {"created_at": time_text(payment.created_at), "risk_level": "NORMAL"},
    }


def _source(payment: Payment) -> View:
    errors = [decline_error(payment.failure)] if payment.failure else []
    match payment.source.kind:
        case "CARD":
            return {"card_details": _card(payment, errors)}
        case "BANK_ACCOUNT":
            owner = {"bank_name": "Citizens Test Bank", "transfer_type": "ACH", "account_ownership_type": "INDIVIDUAL"}
            return {"bank_account_details": _filled(**owner, errors=errors)}
        case "CASH":
            paid = money(payment.amount, payment.currency)
            return {"cash_details": {"buyer_supplied_money": paid, "change_back_money": money(0, payment.currency)}}
        case _:
            return {"external_details": {"type": "OTHER", "source": "Elsewhere"}}


def _card(payment: Payment, errors: list[dict[str, str]]) -> View:
    source = payment.source
    card = {"card_brand": source.brand, "last_4": source.last_4, "exp_month": 11, "exp_year": 2029}
    made = {"fingerprint": f"sq-1-{source.brand}-{source.last_4}", "card_type": "CREDIT", "prepaid_type": "NOT_PREPAID"}
    times = {"authorized_at": time_text(payment.created_at)} if payment.status != FAILED else {}
    if payment.status in _TIMELINE:
        times[_TIMELINE[payment.status]] = time_text(payment.ended_at or payment.created_at)
    return _filled(
        status=_CARD_STATUS.get(payment.status, "AUTHORIZED"),
        card={**card, **made},
        entry_method=source.entry_method,
        cvv_status="CVV_REJECTED" if payment.failure == "CVV_FAILURE" else "CVV_ACCEPTED",
        avs_status="AVS_REJECTED" if payment.failure == "ADDRESS_VERIFICATION_FAILURE" else "AVS_ACCEPTED",
        card_payment_timeline=times,
        errors=errors,
    )


def order_view(order: Order, payments: list[Payment]) -> View:
    total, nothing = money(order.amount, order.currency), money(0, order.currency)
    due = nothing if payments else total
    return _filled(
        id=order.id,
        location_id=order.location_id,
        reference_id=order.reference_id,
        line_items=order.line_items,
        metadata=order.metadata,
        state=order.state,
        version=order.version,
        created_at=time_text(order.created_at),
        updated_at=time_text(order.updated_at),
        total_money=total,
        total_tax_money=nothing,
        total_discount_money=nothing,
        total_tip_money=nothing,
        net_amount_due_money=due,
        tenders=[_tender(payment) for payment in payments],
    )


def _tender(payment: Payment) -> View:
    tender = {
        "id": payment.id,
        "payment_id": payment.id,
        "location_id": payment.location_id,
        "transaction_id": payment.order_id,
        "created_at": time_text(payment.created_at),
        "amount_money": money(payment.amount, payment.currency),
        "type": _TENDER_TYPES[payment.source.kind],
    }
    if payment.source.kind != CARD:
        return tender
    card = {"card_brand": payment.source.brand, "last_4": payment.source.last_4}
    return tender | {"card_details": {"status": _CARD_STATUS.get(payment.status, "AUTHORIZED"), "card": card}}


def link_view(link: Link, host_url: str) -> View:
    url = f"{host_url}u/{link.page_token}"
    return _filled(
        id=link.id,
        version=link.version,
        description=link.description,
        order_id=link.order_id,
        checkout_options=link.options,
        url=url,
        long_url=url,
        created_at=time_text(link.created_at),
        payment_note=link.payment_note,
    )


def refund_view(refund: Refund, amount: int | None = None) -> View:
    """A refund. Only events show `version`."""
    return _filled(
        id=refund.id,
        status=refund.status,
        payment_id=refund.payment_id,
        order_id=refund.order_id,
        location_id=refund.location_id,
        amount_money=money(refund.amount if amount is None else amount, refund.currency),
        destination_type="CARD",
        reason=refund.reason,
        created_at=time_text(refund.created_at),
        updated_at=time_text(refund.updated_at),
    )


def dispute_view(dispute: Dispute) -> View:
    return _filled(
        id=dispute.id,
        dispute_id=dispute.id,
        amount_money=money(dispute.amount, dispute.currency),
        reason=dispute.reason,
        state=dispute.state,
        due_at=time_text(dispute.due_at),
        disputed_payment={"payment_id": dispute.payment_id},
        card_brand=dispute.card_brand,
        brand_dispute_id=f"brand{dispute.id[:10]}",
        created_at=time_text(dispute.created_at),
        updated_at=time_text(dispute.updated_at),
        reported_at=time_text(dispute.created_at),
        version=dispute.version,
        location_id=dispute.location_id,
    )


def location_view(location: Location, settings: Settings) -> View:
    return {
        "id": location.id,
        "name": location.name,
        "merchant_id": settings.merchant_id,
        "country": location.country,
        "currency": location.currency,
        "status": "ACTIVE",
        "capabilities": ["CREDIT_CARD_PROCESSING"],
        "language_code": "en-US",
    }


def _filled(**fields: Any) -> View:
    return {name: value for name, value in fields.items() if value not in (None, "", [], {})}
