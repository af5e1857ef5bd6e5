"""The calls, and the parameters that each accepts."""

from __future__ import annotations

from gateway_simulators.stripe.forms import BOOL, CREATED, INT, MAP, TEXT, Field, enum, group, many, needed, text

EXPAND = many(TEXT)
CAPTURE_METHOD = enum("automatic", "automatic_async", "manual")
FUTURE_USAGE = enum("off_session", "on_session")
AUTOMATIC = group(enabled=needed(BOOL), allow_redirects=enum("always", "never"))
SUFFIX = text(22, "(?=.*[A-Za-z])[^<>\\\\'\"*]+")
LIMIT = Field("int")
LISTED = {"created": CREATED, "limit": LIMIT, "starting_after": TEXT, "ending_before": TEXT, "expand": EXPAND}

CONFIRMING: dict[str, Field] = {
    "payment_method": TEXT,
    "return_url": TEXT,
    "off_session": Field("bool_or_text"),
    "setup_future_usage": FUTURE_USAGE,
    "error_on_requires_action": BOOL,
    "use_stripe_sdk": BOOL,
    "capture_method": CAPTURE_METHOD,
    "receipt_email": TEXT,
    "allowed_payment_method_types": many(TEXT),
    "expand": EXPAND,
}
CREATE_INTENT: dict[str, Field] = CONFIRMING | {
    "amount": needed(INT),
    "currency": needed(TEXT),
    "automatic_payment_methods": AUTOMATIC,
    "confirm": BOOL,
    "confirmation_method": enum("automatic", "manual"),
    "customer": TEXT,
    "description": text(1000),
    "metadata": MAP,
    "statement_descriptor_suffix": SUFFIX,
    "transfer_group": TEXT,
}
UPDATE_INTENT: dict[str, Field] = {
    "amount": INT, "metadata": MAP, "description": text(1000), "payment_method": TEXT, "expand": EXPAND,
}  # fmt: skip
CAPTURE: dict[str, Field] = {
    "amount_to_capture": INT, "final_capture": BOOL, "metadata": MAP, "statement_descriptor_suffix": SUFFIX,
    "expand": EXPAND,
}  # fmt: skip
CANCEL: dict[str, Field] = {
    "cancellation_reason": enum("duplicate", "fraudulent", "requested_by_customer", "abandoned"),
    "expand": EXPAND,
}
LIST_INTENTS: dict[str, Field] = LISTED | {"customer": TEXT}

PRICE_DATA = group(
    currency=needed(TEXT),
    unit_amount=needed(INT),
    product_data=needed(group(name=needed(TEXT), description=TEXT, images=many(TEXT), metadata=MAP)),
)
INTENT_DATA = group(
    capture_method=CAPTURE_METHOD, description=text(1000), metadata=MAP, receipt_email=TEXT,
    setup_future_usage=FUTURE_USAGE, statement_descriptor_suffix=SUFFIX,
)  # fmt: skip
CREATE_SESSION: dict[str, Field] = {
    "mode": needed(enum("payment", "setup", "subscription")),
    "ui_mode": enum("hosted_page", "embedded_page", "elements", "form"),
    "line_items": needed(many(group(price_data=PRICE_DATA, price=TEXT, quantity=INT))),
    "success_url": needed(TEXT),
    "cancel_url": TEXT,
    "client_reference_id": text(200),
    "customer": TEXT,
    "customer_email": text(512),
    "customer_creation": enum("always", "if_required"),
    "expires_at": INT,
    "locale": TEXT,
    "metadata": MAP,
    "payment_intent_data": INTENT_DATA,
    "allowed_payment_method_types": many(TEXT),
    "excluded_payment_method_types": many(TEXT),
    "expand": EXPAND,
}
UPDATE_SESSION: dict[str, Field] = {"metadata": MAP, "expand": EXPAND}
LIST_SESSIONS: dict[str, Field] = LISTED | {
    "customer": TEXT, "payment_intent": TEXT, "status": enum("open", "complete", "expired"),
}  # fmt: skip

CREATE_REFUND: dict[str, Field] = {
    "payment_intent": TEXT,
    "charge": TEXT,
    "amount": INT,
    "reason": enum("duplicate", "fraudulent", "requested_by_customer"),
    "metadata": MAP,
    "instructions_email": TEXT,
    "expand": EXPAND,
}
UPDATE_REFUND: dict[str, Field] = {"metadata": MAP, "expand": EXPAND}
LIST_REFUNDS: dict[str, Field] = LISTED | {"payment_intent": TEXT, "charge": TEXT}

UPDATE_DISPUTE: dict[str, Field] = {
    "evidence": group(uncategorized_text=text(20_000), product_description=text(20_000)),
    "submit": BOOL,
    "metadata": MAP,
    "expand": EXPAND,
}
LIST_DISPUTES: dict[str, Field] = LISTED | {"payment_intent": TEXT, "charge": TEXT}

ONLY_EXPAND: dict[str, Field] = {"expand": EXPAND}
LIST_CHARGES: dict[str, Field] = LISTED | {"payment_intent": TEXT, "customer": TEXT}
LIST_EVENTS: dict[str, Field] = LISTED | {"type": TEXT, "types": many(TEXT)}
CREATE_CUSTOMER: dict[str, Field] = {
    "name": text(256), "email": text(512), "phone": text(20), "description": TEXT, "metadata": MAP, "expand": EXPAND,
}  # fmt: skip
ATTACH: dict[str, Field] = {"customer": needed(TEXT), "expand": EXPAND}
LIST_METHODS: dict[str, Field] = LISTED | {"type": TEXT}
