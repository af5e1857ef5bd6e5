"""PayPal's words and ours. Tables and pure functions; a ValueError names a field that we rely on and did not get."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from payments.domain.money import Money
from payments.domain.payment import Attempt
from payments.domain.refund import Refund
from payments.domain.status import Failure, FailureCode, Status
from payments.domain.terms import NOTHING_TO_DO, ActionKind, MethodType, NextAction
from payments.gateways.contract import Checkout, CheckoutOrder, EventKind, GatewayEvent, Snapshot, Taken
from payments.gateways.http import Answer
from payments.gateways.paypal.money import from_amount, to_amount
from payments.gateways.paypal.words import (
    CAPTURE_STATUS,
    FAILURE_BY_WORD,
    HINTS,
    HOLD_STATUS,
    KIND_BY_EVENT,
    OPEN_HOLDS,
    REFUND_STATUS,
    SETTLED_ORDERS,
    TAKEN,
    UNPAID_ORDERS,
)
from payments.gateways.reading import (
    code_of,
    needed_match,
    needed_text,
    object_in,
    object_of,
    objects_of,
    our_id,
    text_of,
    time_of,
)
from payments.gateways.tokens import Token

_LANDING: Mapping[MethodType | None, str] = {MethodType.CARD: "GUEST_CHECKOUT", MethodType.PAYPAL: "LOGIN"}
_REF = re.compile(r"[A-Z0-9]{1,36}")
_EVENT_ID = re.compile(r"[A-Za-z0-9-]{4,100}")
_HEADER_VALUE = re.compile(r"[!-~]+")
_TEXT_MAX = 127
_TOKEN_S_MAX = 86_400


def to_order(attempt: Attempt, order: CheckoutOrder) -> dict[str, object]:
    context = {
        "return_url": order.return_url,
        "cancel_url": order.return_url,
        "user_action": "PAY_NOW",
        "shipping_preference": "NO_SHIPPING",
        "landing_page": _LANDING.get(attempt.terms.method_type, "NO_PREFERENCE"),
        "payment_method_preference": "IMMEDIATE_PAYMENT_REQUIRED",  # An eCheck would outlive the checkout by days.
    }
    unit = {
        "amount": to_amount(attempt.amount),
        "custom_id": attempt.id,
        "invoice_id": attempt.id,  # PayPal takes money for one invoice once, should all other guards fail.
        "description": f"Order {order.merchant_order_id}"[:_TEXT_MAX],
    }
    return {
        "intent": "AUTHORIZE" if attempt.terms.is_manual else "CAPTURE",
        "purchase_units": [unit],
        "payment_source": {"paypal": {"experience_context": context}},
    }


def to_capture(attempt: Attempt, amount: Money) -> dict[str, object]:
    return {"amount": to_amount(amount), "final_capture": True, "invoice_id": attempt.id}


def to_refund(refund: Refund) -> dict[str, object]:
    return {"amount": to_amount(refund.amount), "custom_id": refund.id}


def from_token(answer: Answer, asked_at: datetime) -> Token:
    value, lasts_s = text_of(answer, "access_token"), answer.get("expires_in")
    if not _HEADER_VALUE.fullmatch(value) or type(lasts_s) is not int or lasts_s <= 0:
        raise ValueError("access_token, expires_in")
    return Token(f"Bearer {value}", asked_at, asked_at + timedelta(seconds=min(lasts_s, _TOKEN_S_MAX)))


def from_created(answer: Answer, page: re.Pattern[str]) -> Checkout:
    """Asked for again, PayPal answers with the order as it is by now: an approved one has no page any more."""
    ref, status = _id(answer), text_of(answer, "status")
    links = objects_of(answer.get("links"))
    urls = [text_of(link, "href") for link in links if link.get("rel") in ("approve", "payer-action")]
    if not urls and status in SETTLED_ORDERS:
        return Checkout(ref, NOTHING_TO_DO, news_ref=ref)
    if not urls or not page.fullmatch(urls[0]):
        raise ValueError("links: approve, payer-action")
    return Checkout(ref, NextAction(ActionKind.REDIRECT, urls[0]), news_ref=ref)


def from_order(answer: Answer, attempt: Attempt) -> Snapshot:
    """What became of the money decides, not the order's own status: COMPLETED says of an order that it was tried."""
    if _id(answer) != attempt.checkout_ref:
        raise ValueError("id")
    unit, echo = _unit(answer), _echo(_unit(answer))
    captures, holds = _payments(unit, "captures"), _payments(unit, "authorizations")
    taken = [capture for capture in captures if capture.get("status") in TAKEN]
    if taken:
        return _completed(taken, attempt, echo)
    if any(_capture_status(capture) is Status.PENDING for capture in captures):
        return Snapshot(Status.PENDING, None, *_nothing(echo))
    open_hold = next((hold for hold in holds if hold.get("status") == "CREATED"), None)
    if open_hold is not None or not captures:
        return _held(open_hold or holds[-1], echo) if holds else _untried(answer, unit, attempt, echo)
    return Snapshot(Status.FAILED, None, *_nothing(echo, _failure(captures[-1])))


def from_capture(answer: Answer, attempt: Attempt) -> Snapshot:
    """Of an authorization: a capture on its own."""
    status, echo = _capture_status(answer), _echo(answer)
    if status is Status.COMPLETED:
        return _completed([answer], attempt, echo)
    return Snapshot(status, None, *_nothing(echo, _failure(answer) if status is Status.FAILED else None))


def from_void(answer: Answer) -> Snapshot:
    """Empty where PayPal said nothing but yes."""
    return _held(answer, _echo(answer)) if answer else Snapshot(Status.CANCELLED)


def from_hold(answer: Answer, attempt: Attempt) -> tuple[str, bool]:
    """The authorization that may be captured or voided, "" if there is none; and whether no money is there or goes."""
    from_order(answer, attempt)
    return hold_ref(answer), is_untouched(answer)


def hold_ref(answer: Answer) -> str:
    holds = _payments(_unit(answer), "authorizations")
    return next((_id(hold) for hold in holds if hold.get("status") in OPEN_HOLDS), "")


def is_untouched(answer: Answer) -> bool:
    """Whether nothing was taken or held, and nothing is on its way."""
    unit = _unit(answer)
    captures = [_capture_status(capture) is Status.FAILED for capture in _payments(unit, "captures")]
    holds = [hold.get("status") in ("VOIDED", "DENIED") for hold in _payments(unit, "authorizations")]
    return all(captures) and all(holds) and answer.get("status") in UNPAID_ORDERS


def from_refund(answer: Answer, subject_id: str = "") -> Snapshot:
    status = REFUND_STATUS.get(needed_text(answer, "status"), Status.PROCESSING)
    failure = _failure(answer) if status is Status.FAILED else None
    is_told = status is Status.COMPLETED or "amount" in answer
    amount = from_amount(answer) if is_told else None
    return Snapshot(status, amount, _id(answer), failure, text_of(answer, "custom_id") or subject_id)


def from_refunds(answer: Answer, refund: Refund, attempt: Attempt) -> Snapshot:
    """Among those of the order: nothing else lists refunds. Only an order that shows its capture shows them all."""
    unit = _unit(answer)
    captures = [capture.get("id") for capture in _payments(unit, "captures")]
    if _id(answer) != attempt.checkout_ref or (attempt.payment_ref and attempt.payment_ref not in captures):
        raise ValueError("id, captures")
    for found in _payments(unit, "refunds"):
        if found.get("custom_id") == refund.id:
            return from_refund(found)
    return Snapshot(Status.CREATED)


def from_refusal(answer: Answer) -> tuple[str, str]:
    """The first issue says more than the name of its class."""
    issues = [code_of(detail, "issue") for detail in objects_of(answer.get("details"))]
    code = next(filter(None, [*issues, code_of(answer, "name"), code_of(answer, "error")]), "")
    return code, HINTS.get(code, "")


def from_decline(code: str) -> Snapshot | None:
    """None: the refusal was no decline."""
    if code not in FAILURE_BY_WORD:
        return None
    failure = Failure(FAILURE_BY_WORD[code], code)
    return Snapshot(Status.EXPIRED if failure.code is FailureCode.EXPIRED else Status.FAILED, failure=failure)


def from_webhook(body: bytes) -> GatewayEvent:
    """What makes no sense is kept as ignored."""
    envelope = object_in(body)
    word, resource = code_of(envelope, "event_type"), object_of(envelope.get("resource"))
    kind, subject_id, subject_ref = _news(word, resource)
    event_id = text_of(envelope, "id")
    if not _EVENT_ID.fullmatch(event_id):
        event_id = hashlib.sha256(body).hexdigest()
    return GatewayEvent(event_id, kind, word, subject_id, code_of(resource, "status", 32), subject_ref)


def _news(word: str, resource: Answer) -> tuple[EventKind, str, str]:
    kind = KIND_BY_EVENT.get(word, EventKind.IGNORED)
    ours = next(filter(None, (our_id(resource, "custom_id"), our_id(_unit(resource), "custom_id"))), "")
    if kind is EventKind.REFUND:  # Made at PayPal's dashboard, it carries none of ours, or the payment's.
        return (kind, ours, "") if ours.startswith("rfd_") else (EventKind.IGNORED, "", "")
    related = object_of(object_of(resource.get("supplementary_data")).get("related_ids"))
    order_ids = (text_of(related, "order_id"), text_of(resource, "order_id"), text_of(resource, "id"))
    order_id = next((text for text in order_ids if _REF.fullmatch(text)), "")
    is_about_one = bool(ours or order_id) and kind is EventKind.PAYMENT
    return (kind if is_about_one else EventKind.IGNORED), ours, "" if ours else order_id


def _completed(taken: Collection[Answer], attempt: Attempt, echo: tuple[str, str]) -> Snapshot:
    """The capture that we know of is kept, else the first."""
    found = [Taken(_id(capture), from_amount(capture)) for capture in taken]
    kept = next((each for each in found if each.ref == attempt.payment_ref), found[0])
    others = tuple(each for each in found if each is not kept)
    return Snapshot(Status.COMPLETED, kept.amount, kept.ref, None, *echo, others=others)


def _held(hold: Answer, echo: tuple[str, str]) -> Snapshot:
    """CAPTURED without a capture to be seen is no proof of money."""
    status = HOLD_STATUS.get(needed_text(hold, "status"), Status.PENDING)
    if status is Status.AUTHORIZED:
        until = time_of(hold, "expiration_time")
        return Snapshot(status, from_amount(hold), _id(hold), None, *echo, hold_expires_at=until)
    return Snapshot(status, None, *_nothing(echo, _failure(hold) if status is Status.FAILED else None))


def _untried(answer: Answer, unit: Answer, attempt: Attempt, echo: tuple[str, str]) -> Snapshot:
    """Nothing was taken or held yet."""
    status = needed_text(answer, "status")
    if status == "VOIDED":
        return Snapshot(Status.CANCELLED, None, *_nothing(echo))
    if status != "APPROVED":
        return Snapshot(Status.PENDING, None, *_nothing(echo))
    intent = text_of(answer, "intent") or ("AUTHORIZE" if attempt.terms.is_manual else "CAPTURE")
    if intent == "CAPTURE":
        return Snapshot(Status.AUTHORIZED, from_amount(unit), *_nothing(echo))
    return Snapshot(Status.PENDING, from_amount(unit), *_nothing(echo), is_approved=True)


def _capture_status(capture: Answer) -> Status:
    return CAPTURE_STATUS.get(needed_text(capture, "status"), Status.PENDING)


def _nothing(echo: tuple[str, str], failure: Failure | None = None) -> tuple[str, Failure | None, str, str]:
    """ref, failure, and who it is about, of a snapshot without money."""
    return "", failure, *echo


def _failure(answer: Answer) -> Failure:
    """The processor's code, else PayPal's reason, else its status."""
    processor, details = object_of(answer.get("processor_response")), object_of(answer.get("status_details"))
    words = (code_of(processor, "response_code"), code_of(details, "reason"), code_of(answer, "status"))
    word = next(filter(None, words), "")
    return Failure(FAILURE_BY_WORD.get(word, FailureCode.DECLINED), word)


def _echo(answer: Answer) -> tuple[str, str]:
    """Our id and the merchant account, for the caller to compare."""
    return text_of(answer, "custom_id"), text_of(object_of(answer.get("payee")), "merchant_id")


def _id(answer: Answer) -> str:
    return needed_match(answer, "id", _REF)


def _unit(answer: Answer) -> Answer:
    """We ask for one purchase unit."""
    return next(iter(objects_of(answer.get("purchase_units"))), {})


def _payments(unit: Answer, name: str) -> list[Answer]:
    return objects_of(object_of(unit.get("payments")).get(name))
