"""PhonePe's words and ours. Tables and pure functions; a ValueError names a field that we rely on and did not get."""

from __future__ import annotations

import hashlib
import json
import re
from datetime import datetime, timedelta

from payments.domain.clock import from_epoch_ms
from payments.domain.money import Money
from payments.domain.payment import Attempt
from payments.domain.refund import Refund
from payments.domain.status import Failure, FailureCode, Status
from payments.gateways.contract import Checkout, CheckoutOrder, EventKind, GatewayEvent, Snapshot
from payments.gateways.http import Answer
from payments.gateways.tokens import Token

PAYMENT_STATUS = {
    "PENDING": Status.PENDING,
    "COMPLETED": Status.COMPLETED,
    "FAILED": Status.FAILED,
    "EXPIRED": Status.EXPIRED,  # Seen in an SDK's test data only.
}
REFUND_STATUS = {
    "PENDING": Status.PROCESSING,
    "CONFIRMED": Status.PROCESSING,  # Accepted by the bank, not final.
    "COMPLETED": Status.COMPLETED,
    "FAILED": Status.FAILED,
}

_WORDS_BY_FAILURE = {
    FailureCode.INSUFFICIENT_FUNDS: "INSUFFICIENT_BALANCE INSUFFICIENT_FUNDS Z9 IE",
    FailureCode.AUTHENTICATION_FAILED: "INVALID_MPIN ZM MPIN_LIMIT_BREACHED Z6 MPIN_NOT_SET AM AUTHORIZATION_ERROR "
    "WRONG_PIN OTP_EXPIRED INVALID_CVV_EXPIRY",
    FailureCode.CANCELLED_BY_CUSTOMER: "TXN_CANCELLED ZA REQUEST_DECLINE_BY_REQUESTEE REQUEST_CANCEL_BY_REQUESTER "
    "ORDER_CANCELLED_BY_USER",
    FailureCode.EXPIRED: "ORDER_EXPIRED INTENT_EXPIRED REQUEST_TIME_OUT TIMED_OUT U69",
    FailureCode.LIMIT_EXCEEDED: "TXN_FREQ_LIMIT_BREACHED Z7 TXN_LIMIT_BREACHED Z8 U03 ZU REFUND_BREACHED BF_034",
    FailureCode.METHOD_UNAVAILABLE: "BANK_TECHNICAL_ISSUE U90 UT U28 XB XY S96 BANK_NOT_ABLE_TO_PROCESS XT IR "
    "TECHNICAL_ISSUE U80 U86 PG_ERROR",
    FailureCode.SUSPECTED_FRAUD: "TXN_BLOCKED K1 XP XV XQ FP BF_025 BF_028 BF_049 BF_108 BF_110 BL_076 BL_077 BL_086 "
    "BL_088 CR_016 DEVICE_FINGERPRINT_MISMATCH U66",
    FailureCode.DECLINED: "TXN_NOT_COMPLETED TXN_AUTO_FAILED TXN_FAILED PAYMENT_ERROR ACCOUNT_NOT_ELIGIBLE B3 "
    "ACCOUNT_BLOCKED YE ACCOUNT_DOES_NOT_EXIST XH ACCOUNT_INACTIVE ZX SD TXN_NOT_ALLOWED B1 YC U54 SA ZG "
    "INVALID_VPA ZH CARD_EXPIRED",
    # The merchant's page, server address, package, policies or KYC are not as onboarded; and refused refunds.
    FailureCode.REJECTED: "INTERNAL_SECURITY_BLOCK INTERNAL_SECURITY_BLOCK_1 INTERNAL_SECURITY_BLOCK_2 "
    "INTERNAL_SECURITY_BLOCK_4 INTERNAL_SECURITY_BLOCK_5 INTERNAL_SECURITY_BLOCK_6 REFUND_NOT_ALLOWED "
    "REFUND_FOR_TXN_OLDER_THAN_LIMIT EXCESS_REFUND_AMOUNT TXN_AMOUNT_MISMATCH_REFUND INVALID_REFUND_REQUEST_FIELDS "
    "ORIGINAL_TXN_NOT_FOUND",
}
FAILURE_BY_WORD = {word: code for code, words in _WORDS_BY_FAILURE.items() for word in words.split()}

# One code, two meanings: of a status call "not there", of a create call "already used".
NO_SUCH_ORDER = frozenset({"INVALID_MERCHANT_ORDER_ID"})
NO_SUCH_REFUND = frozenset({"INVALID_MERCHANT_REFUND_ID"})
ORDER_EXISTS = frozenset({"INVALID_MERCHANT_ORDER_ID", "INVALID_TRANSACTION_ID", "DUPLICATE_REQUEST_ID"})
REFUND_EXISTS = frozenset({"INVALID_TRANSACTION_ID", "DUPLICATE_REQUEST_ID"})

HINTS = {
    "KEY_NOT_CONFIGURED": "(wrong environment, keys of the retired v1 API, or a product that is not enabled)",
    "FORBIDDEN": "(PhonePe has not enabled this product for the account)",
}

KIND_BY_EVENT = {  # Whatever is not here is ignored, `subscription.*` included.
    "checkout.order.completed": EventKind.PAYMENT,
    "checkout.order.failed": EventKind.PAYMENT,
    "checkout.transaction.attempt.failed": EventKind.PAYMENT,
    "pg.order.completed": EventKind.PAYMENT,
    "pg.order.failed": EventKind.PAYMENT,
    "pg.transaction.attempt.failed": EventKind.PAYMENT,
    "pg.transaction.failed": EventKind.PAYMENT,
    "pg.refund.accepted": EventKind.REFUND,
    "pg.refund.completed": EventKind.REFUND,
    "pg.refund.failed": EventKind.REFUND,
}

_OUR_ID = re.compile(r"[A-Za-z0-9_-]{1,63}")
_NOT_PLAIN = re.compile(r"[^A-Za-z0-9_\- @.+]")
_UDF_LENGTH = 256
_CODE = re.compile(r"(?!.*\d{8})[A-Za-z0-9_.-]+")  # No number of a card, a phone or a person is one.
_CURRENCY = re.compile("[A-Z]{3}")
_LONG_NUMBER = re.compile(r"\d(?:[ -]?\d){7,}")
_HEADER_VALUE = re.compile(r"[!-~]+ [!-~]+")
_WHOLE_MAX = 10**14  # As milliseconds still a date, as paise more than anybody has.
_TOKEN_S_MAX = 86_400


def to_pay(attempt: Attempt, order: CheckoutOrder) -> dict[str, object]:
    return {
        "merchantOrderId": attempt.id,
        "amount": attempt.amount.minor,
        "expireAfter": order.expires_in_s,  # PhonePe's pages disagree about its default.
        "metaInfo": _meta(udf1=order.payment_id, udf2=order.merchant_order_id),
        "paymentFlow": {"type": "PG_CHECKOUT", "merchantUrls": {"redirectUrl": order.return_url}},
    }


def to_refund(refund: Refund, attempt: Attempt) -> dict[str, object]:
    return {"merchantRefundId": refund.id, "originalMerchantOrderId": attempt.id, "amount": refund.amount.minor}


def _meta(**udfs: str) -> dict[str, str]:
    """Empty ones are left out: PhonePe's production refuses them."""
    plain = {name: _NOT_PLAIN.sub("_", text)[:_UDF_LENGTH] for name, text in udfs.items()}
    return {name: text for name, text in plain.items() if text}


def from_token(answer: Answer, asked_at: datetime) -> Token:
    """The shorter of what `expires_at` and `expires_in` leave: the clocks may differ, the token may be an old one."""
    value = f"{_text(answer, 'token_type') or 'O-Bearer'} {_text(answer, 'access_token')}"
    ends_at, lasts_s = _whole(answer, "expires_at"), _whole(answer, "expires_in")
    left_s = [s for s in (ends_at and ends_at - asked_at.timestamp(), lasts_s) if s is not None]
    if not _HEADER_VALUE.fullmatch(value) or not left_s or min(left_s) <= 0:
        raise ValueError("access_token, expires_at")
    return Token(value, asked_at, asked_at + timedelta(seconds=min(*left_s, _TOKEN_S_MAX)))


def from_pay(answer: Answer, pay_page: re.Pattern[str]) -> Checkout:
    url, expires_ms = _text(answer, "redirectUrl"), _whole(answer, "expireAt")
    if not pay_page.fullmatch(url):
        raise ValueError("redirectUrl")
    return Checkout(_text(answer, "orderId"), url, from_epoch_ms(expires_ms) if expires_ms else None)


def from_payment(answer: Answer, attempt: Attempt) -> Snapshot:
    """Only the root decides: a failed try below it is no failed order. Of two amounts the contradicting one counts."""
    status, failure = PAYMENT_STATUS.get(_state(answer), Status.PENDING), None
    if status.is_dead:
        failure = _failure(answer)
        status = Status.EXPIRED if failure.code is FailureCode.EXPIRED else status
    ref = _money_ref(answer) or _text(answer, "orderId")
    told = [_amount(answer, status), _debited(answer)]
    amount = next((amount for amount in told if amount and amount != attempt.amount), told[0])
    return Snapshot(status, amount, ref, failure, *_echoed(answer, "merchantOrderId"))


def _debited(answer: Answer) -> Money | None:
    """All that left the payer where more than one try succeeded: the root says the order's amount only."""
    paid = [detail for detail in _details(answer) if detail.get("state") == "COMPLETED"]
    amounts = [_whole(detail, "amount") or 0 for detail in paid]
    return Money(sum(amounts), _currency(answer)) if len(paid) > 1 else None


def from_refund(answer: Answer, attempt: Attempt) -> Snapshot:
    """Of a create call, or a status in either shape: flat, or with `paymentDetails`."""
    if _text(answer, "originalMerchantOrderId") not in ("", attempt.id):
        raise ValueError("originalMerchantOrderId")
    status = REFUND_STATUS.get(_state(answer), Status.PROCESSING)
    ref = _text(answer, "refundId") or _text(_details(answer)[-1], "transactionId")
    failure = _failure(answer) if status.is_dead else None
    return Snapshot(status, _amount(answer, status), ref, failure, *_echoed(answer, "merchantRefundId"))


def from_refusal(answer: Answer) -> tuple[str, str]:
    """Their code, and what to mend where it is our deployment and not the request."""
    code = _code(answer, "errorCode") or _code(answer, "code")
    is_unmapped = "api mapping not found" in _text(answer, "message").lower()
    return code[:64], HINTS.get("KEY_NOT_CONFIGURED" if is_unmapped else code, "")


def from_webhook(body: bytes) -> GatewayEvent:
    """The body is proved to be theirs, not to be well formed: what makes no sense is kept as ignored."""
    try:
        envelope = _object(json.loads(body))
    except (ValueError, RecursionError):
        envelope = {}
    payload = _object(envelope.get("payload", envelope))
    word = (_code(envelope, "event") or _code(envelope, "type")).lower().replace("_", ".")[:100]
    kind, subject_id = _news(word, payload)
    return GatewayEvent(hashlib.sha256(body).hexdigest(), kind, word, subject_id, _code(payload, "state")[:32])


def _news(word: str, payload: Answer) -> tuple[EventKind, str]:
    refund_id, order_id = _our_id(payload, "merchantRefundId"), _our_id(payload, "merchantOrderId")
    kind = KIND_BY_EVENT.get(word, EventKind.IGNORED)
    if kind is EventKind.REFUND or (not word and refund_id):  # Old refund news came without an envelope.
        return (EventKind.REFUND if refund_id else EventKind.IGNORED), refund_id
    return (kind if order_id else EventKind.IGNORED), order_id


def _echoed(answer: Answer, name: str) -> tuple[str, str]:
    """Our id and the merchant account, for the caller to compare."""
    return _text(answer, name), _text(answer, "merchantId")


def _state(answer: Answer) -> str:
    if not _text(answer, "state"):
        raise ValueError("state")
    return _text(answer, "state")


def _amount(answer: Answer, status: Status) -> Money | None:
    minor, currency = _whole(answer, "amount"), _currency(answer)
    is_absent = answer.get("amount") is None and status is not Status.COMPLETED
    if minor is None and not is_absent:
        raise ValueError("amount")
    return None if minor is None else Money(minor, currency)


def _currency(answer: Answer) -> str:
    currency = answer.get("currency")
    if not isinstance(currency, str | None):
        raise ValueError("amount, currency")
    if not currency:
        return "INR"
    # XXX is ISO 4217's word for none: it contradicts ours, so a person looks, and no text of theirs is kept.
    return currency if _CURRENCY.fullmatch(currency) else "XXX"


def _failure(answer: Answer) -> Failure:
    source = answer if _text(answer, "errorCode") or _text(answer, "detailedErrorCode") else _details(answer)[-1]
    detailed, general = _code(source, "detailedErrorCode"), _code(source, "errorCode")
    code = FAILURE_BY_WORD.get(detailed) or FAILURE_BY_WORD.get(general) or FailureCode.OTHER
    message = _text(_object(answer.get("errorContext")), "description")
    return Failure(code, (detailed or general)[:64], _LONG_NUMBER.sub("(number)", message)[:200])


def _money_ref(answer: Answer) -> str:
    """The transaction that carried the money; support asks for it."""
    paid = [detail for detail in _details(answer) if detail.get("state") == "COMPLETED"]
    return _text(paid[-1], "transactionId") if paid else ""


def _details(answer: Answer) -> list[Answer]:
    details = answer.get("paymentDetails")
    return [_object(detail) for detail in details] if isinstance(details, list) and details else [{}]


def _object(value: object) -> Answer:
    return value if isinstance(value, dict) else {}


def _our_id(answer: Answer, name: str) -> str:
    text = _text(answer, name)
    return text if _OUR_ID.fullmatch(text) else ""


def _text(answer: Answer, name: str) -> str:
    value = answer.get(name)
    return value if isinstance(value, str) and value.isprintable() else ""


def _code(answer: Answer, name: str) -> str:
    """A word of theirs that may be logged and kept; "" for anything that could be somebody's."""
    text = _text(answer, name)
    return text if _CODE.fullmatch(text) else ""


def _whole(answer: Answer, name: str) -> int | None:
    value = answer.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < _WHOLE_MAX else None
