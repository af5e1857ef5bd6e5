"""Stripe's JSON of the account's records. A field that may be null is always present."""

from __future__ import annotations

from typing import Any

from gateway_simulators.stripe.instruments import BY_TOKEN, Instrument
from gateway_simulators.stripe.records import Charge, Customer, Dispute, Event, Intent, Method, Refund, Session
from gateway_simulators.stripe.settings import VERSION

View = dict[str, Any]

# Fields that are always null here.
_NO_INTENT = (
    "application application_fee_amount on_behalf_of payment_method_configuration_details processing "
    "receipt_email review shipping source statement_descriptor transfer_data transfer_group "
)
_NO_CHARGE = (
    "application application_fee application_fee_amount customer description failure_balance_transaction "
    "on_behalf_of receipt_email receipt_number receipt_url review shipping source_transfer "
    "statement_descriptor transfer_data transfer_group "
)
_NO_SESSION = (
    "allow_promotion_codes billing_address_collection client_secret consent customer_details locale submit_type "
)


def intent_view(intent: Intent, origin: str) -> View:
    is_authorized = intent.status == "requires_capture"
    return {
        **_nulls(_NO_INTENT),
        "id": intent.id,
        "object": "payment_intent",
        "amount": intent.amount,
        "amount_capturable": intent.amount if is_authorized else 0,
        "amount_details": {"tip": {}},
        "amount_received": intent.amount_received,
        "automatic_payment_methods": intent.automatic_methods,
        "canceled_at": _seconds(intent.canceled_at),
        "cancellation_reason": intent.cancellation_reason or None,
        "capture_method": intent.capture_method,
        "client_secret": intent.secret,
        "confirmation_method": "automatic",
        "created": int(intent.created),
        "currency": intent.currency,
        "customer": intent.customer or None,
        "description": intent.description or None,
        "last_payment_error": intent.last_error,
        "latest_charge": intent.latest_charge or None,
        "livemode": False,
        "metadata": dict(intent.metadata),
        "next_action": _next_action(intent, origin),
        "payment_method": intent.payment_method or None,
        "payment_method_options": {},
        "payment_method_types": ["card"],
        "setup_future_usage": intent.setup_future_usage or None,
        "statement_descriptor_suffix": intent.suffix or None,
        "status": intent.status,
    }


def _next_action(intent: Intent, origin: str) -> View | None:
    if intent.status != "requires_action":
        return None
    if not intent.return_url:
        return {"type": "use_stripe_sdk", "use_stripe_sdk": {"type": "three_d_secure_redirect"}}
    url = f"{origin}/3d_secure_2/hosted/{intent.id}"
    return {"type": "redirect_to_url", "redirect_to_url": {"return_url": intent.return_url, "url": url}}


def charge_view(charge: Charge, instrument: Instrument, refunded: int) -> View:
    error = charge.error or {}
    return {
        **_nulls(_NO_CHARGE),
        "id": charge.id,
        "object": "charge",
        "amount": charge.amount,
        "amount_captured": charge.amount_captured,
        "amount_refunded": refunded,
        "balance_transaction": f"txn_{charge.id[3:]}" if charge.is_captured and not error else None,
        "billing_details": {"address": None, "email": None, "name": None, "phone": None, "tax_id": None},
        "calculated_statement_descriptor": f"PAVATI {charge.suffix}".strip(),
        "captured": charge.is_captured,
        "created": int(charge.created),
        "currency": charge.currency,
        "disputed": charge.is_disputed,
        "failure_code": error.get("code"),
        "failure_message": error.get("message"),
        "fraud_details": {},
        "livemode": False,
        "metadata": dict(charge.metadata),
        "outcome": _outcome(error, instrument),
        "paid": charge.status == "succeeded",
        "payment_intent": charge.intent,
        "payment_method": charge.method,
        "payment_method_details": {
            instrument.kind: details_view(instrument) | _in_charge(charge, instrument),
            "type": instrument.kind,
        },
        "refunded": 0 < charge.amount_captured == refunded,
        "statement_descriptor_suffix": charge.suffix or None,
        "status": charge.status,
    }


def _outcome(error: View, instrument: Instrument) -> View:
    is_blocked = instrument.risk == "highest"
    kind = "authorized" if not error else "blocked" if is_blocked else "issuer_declined"
    return {
        "advice_code": None,
        "network_advice_code": None,
        "network_decline_code": None,
        "network_status": "approved_by_network" if not error else "declined_by_network",
        "reason": error.get("decline_code") or error.get("code"),
        "risk_level": instrument.risk,
        "seller_message": error.get("message", "Payment complete."),
        "type": kind,
    }


def _in_charge(charge: Charge, instrument: Instrument) -> View:
    of_card = {} if instrument.is_debit else {"three_d_secure": None}
    return of_card | ({"capture_before": int(charge.capture_before)} if charge.capture_before else {})


def details_view(instrument: Instrument) -> View:
    return bank_view(instrument) if instrument.is_debit else card_view(instrument)


def bank_view(instrument: Instrument) -> View:
    return {
        "account_holder_type": "individual",
        "account_type": "checking",
        "bank_name": "STRIPE TEST BANK",
        "fingerprint": f"fp{instrument.number[-8:]}",
        "last4": instrument.number[-4:],
        "routing_number": "110000000",
    }


def card_view(instrument: Instrument) -> View:
    return {
        "brand": instrument.brand,
        "checks": {"address_line1_check": None, "address_postal_code_check": None, "cvc_check": "pass"},
        "country": "US",
        "exp_month": 12,
        "exp_year": 2034,
        "fingerprint": f"fp{instrument.number[-8:]}",
        "funding": "credit",
        "last4": instrument.number[-4:],
        "wallet": None,
    }


def session_view(session: Session, intent: Intent | None, origin: str) -> View:
    is_open, is_paid = session.status == "open", intent is not None and intent.status == "succeeded"
    return {
        **_nulls(_NO_SESSION),
        "id": session.id,
        "object": "checkout.session",
        "amount_subtotal": session.amount,
        "amount_total": session.amount,
        "automatic_tax": {"enabled": False, "liability": None, "provider": None, "status": None},
        "cancel_url": session.cancel_url or None,
        "client_reference_id": session.reference or None,
        "created": int(session.created),
        "currency": session.currency,
        "custom_fields": [],
        "custom_text": dict.fromkeys(("after_submit", "shipping_address", "submit", "terms_of_service_acceptance")),
        "customer": session.customer or None,
        "customer_creation": "if_required",
        "customer_email": session.customer_email or None,
        "expires_at": int(session.expires_at),
        "livemode": False,
        "metadata": dict(session.metadata),
        "mode": "payment",
        "payment_intent": session.intent or None,
        "payment_method_collection": "if_required",
        "payment_method_options": {},
        "payment_method_types": ["card"],
        "payment_status": "paid" if is_paid else "unpaid",
        "shipping_options": [],
        "status": session.status,
        "success_url": session.success_url,
        "total_details": {"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0},
        "ui_mode": "hosted_page",
        "url": f"{origin}/c/pay/{session.id}" if is_open else None,
    }


def refund_view(refund: Refund) -> View:
    view: View = {
        "id": refund.id,
        "object": "refund",
        "amount": refund.amount,
        "balance_transaction": f"txn_{refund.id[3:]}",
        "charge": refund.charge,
        "created": int(refund.created),
        "currency": refund.currency,
        "destination_details": {"card": {"reference_status": "pending", "type": "refund"}, "type": "card"},
        "metadata": dict(refund.metadata),
        "payment_intent": refund.intent,
        "reason": refund.reason or None,
        "receipt_number": None,
        "source_transfer_reversal": None,
        "status": refund.status,
        "transfer_reversal": None,
    }
    more = {"failure_reason": refund.failure_reason, "pending_reason": refund.pending_reason}
    return view | {name: text for name, text in more.items() if text}


def dispute_view(dispute: Dispute) -> View:
    is_open = dispute.status.endswith("needs_response")
    appeal: View | None = {"reason": None, "documents": []} if dispute.is_appealed and not is_open else None
    return {
        "id": dispute.id,
        "object": "dispute",
        "amount": dispute.amount,
        "balance_transactions": list(dispute.moves),
        "charge": dispute.charge,
        "created": int(dispute.created),
        "currency": dispute.currency,
        "enhanced_eligibility_types": [],
        "evidence": dict(dispute.evidence) | {"appeal": appeal, "enhanced_evidence": {}},
        "evidence_details": {
            "due_by": int(dispute.due_by) if is_open else None,
            "enhanced_eligibility": {},
            "has_evidence": bool(dispute.evidence),
            "past_due": False,
            "submission_count": dispute.submissions,
        },
        "intended_submission_method": None,
        "is_charge_refundable": dispute.is_inquiry,
        "livemode": False,
        "metadata": dict(dispute.metadata),
        "network_reason_code": None,
        "payment_intent": dispute.intent,
        "payment_method_details": None,
        "reason": dispute.reason,
        "status": dispute.status,
    }


def method_view(method: Method) -> View:
    return {
        "id": method.id,
        "object": "payment_method",
        "allow_redisplay": "unspecified",
        "billing_details": {"address": None, "email": None, "name": None, "phone": None, "tax_id": None},
        **_of_method(BY_TOKEN[method.instrument]),
        "created": int(method.created),
        "customer": method.customer or None,
        "livemode": False,
        "metadata": {},
    }


def _of_method(instrument: Instrument) -> View:
    more = {} if instrument.is_debit else {"three_d_secure_usage": {"supported": True}}
    return {instrument.kind: details_view(instrument) | more, "type": instrument.kind}


def customer_view(customer: Customer) -> View:
    if customer.is_deleted:
        return {"id": customer.id, "object": "customer", "deleted": True}
    shown = {name: customer.fields.get(name) for name in ("description", "email", "name", "phone")}
    view: View = {"id": customer.id, "object": "customer", "created": int(customer.created), "livemode": False}
    return view | shown | {"metadata": dict(customer.metadata), "shipping": None, "default_source": None}


def event_view(event: Event) -> View:
    more = {"previous_attributes": event.previous} if event.previous else {}
    return {
        "id": event.id,
        "object": "event",
        "api_version": VERSION,
        "created": int(event.created),
        "data": {"object": event.object} | more,
        "livemode": False,
        "pending_webhooks": 1,
        "request": {"id": None, "idempotency_key": None},
        "type": event.type,
    }


def _seconds(at: float | None) -> int | None:
    return None if at is None else int(at)


def _nulls(names: str) -> View:
    return dict.fromkeys(names.split())
