"""Sources that can be charged: Square's sandbox tokens and test cards, and some of the simulator's own (`sim-`)."""

from __future__ import annotations

from dataclasses import dataclass

CARD, BANK, CASH, EXTERNAL = "CARD", "BANK_ACCOUNT", "CASH", "EXTERNAL"
TEMPORARY = "TEMPORARY_ERROR"


@dataclass(frozen=True, slots=True)
class Source:
    kind: str = CARD
    brand: str = "VISA"
    last_4: str = "1111"
    decline: str = ""  # The error code of a decline; "": accepted.
    is_slow_failure: bool = False  # Accepted, and failed later, as banks do.
    is_challenged: bool = False  # On a page: the bank asks the payer first.
    entry_method: str = "KEYED"
    is_single_use: bool = False


def _declined(code: str, kind: str = CARD) -> Source:
    return Source(kind, decline=code)


GIFT = Source(brand="SQUARE_GIFT_CARD", last_4="0000")
BY_TOKEN = {
    "cnon:card-nonce-ok": Source(),
    "cnon:gift-card-nonce-ok": GIFT,
    "bnon:bank-nonce-ok": Source(BANK),
    "ccof:customer-card-id-ok": Source(entry_method="ON_FILE"),
    "cnon:card-nonce-declined": _declined("GENERIC_DECLINE"),
    "cnon:card-nonce-rejected-cvv": _declined("CVV_FAILURE"),
    "cnon:card-nonce-rejected-postalcode": _declined("ADDRESS_VERIFICATION_FAILURE"),
    "cnon:card-nonce-rejected-expiration": _declined("INVALID_EXPIRATION"),
    "cnon:card-nonce-already-used": _declined("CARD_TOKEN_USED"),
    "cnon:gift-card-nonce-insufficient-funds": _declined("INSUFFICIENT_FUNDS"),
    "cnon:gift-card-nonce-insufficient-permission": _declined("INSUFFICIENT_PERMISSIONS"),
    "bnon:bank-nonce-failure": Source(BANK, decline="GENERIC_DECLINE", is_slow_failure=True),
    "bnon:bank-nonce-account-unusable": _declined("ACCOUNT_UNUSABLE", BANK),
    "bnon:bank-nonce-insufficient-funds": _declined("INSUFFICIENT_FUNDS", BANK),
    "bnon:bank-nonce-invalid-account": _declined("INVALID_ACCOUNT", BANK),
    "bnon:bank-nonce-buyer-refused-payment": _declined("BUYER_REFUSED_PAYMENT", BANK),
    "CASH": Source(CASH),
    "EXTERNAL": Source(EXTERNAL),
    # The simulator's own: Square's sandbox has no tokens for these.
    "cnon:sim-insufficient-funds": _declined("INSUFFICIENT_FUNDS"),
    "cnon:sim-verification-required": _declined("CARD_DECLINED_VERIFICATION_REQUIRED"),
    "cnon:sim-temporary-error": _declined(TEMPORARY),  # Fails once for each key.
}
SINGLE_USE = "cnon:sim-once-"  # Like the tokens that a browser gets: good for one payment.

BY_CARD_NUMBER = {
    "4111111111111111": (Source(), "Pays"),
    "4800000000000004": (Source(last_4="0004"), "Pays; the bank knows the payer without asking"),
    "5248480000210034": (Source(brand="MASTERCARD", last_4="0034", is_challenged=True), "The bank asks for a code"),
    "4000000000000002": (Source(last_4="0002", decline="GENERIC_DECLINE"), "Declined"),
    "4000000000009995": (Source(last_4="9995", decline="INSUFFICIENT_FUNDS"), "Declined: not enough money"),
}

_STATUS_400 = ("INVALID_EXPIRATION", "CARD_TOKEN_USED", "INSUFFICIENT_PERMISSIONS", TEMPORARY)


def find(source_id: str) -> Source | None:
    if source_id.startswith(SINGLE_USE) and len(source_id) > len(SINGLE_USE):
        return Source(is_single_use=True)
    return BY_TOKEN.get(source_id)


def decline_status(code: str, *, is_always_400: bool) -> int:
    return 400 if is_always_400 or code in _STATUS_400 else 402
