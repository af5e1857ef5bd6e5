"""Stripe's test cards and bank accounts: what each does, by number on the page and by token for a server."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

BANK = "us_bank_account"


@dataclass(frozen=True, slots=True)
class Instrument:
    """`challenge` is `always`, `setup` (until set up for off-session use), `onsession` (unless set up already) or
    "".
    """

    token: str
    number: str
    does: str
    brand: str = "visa"
    decline: str = ""  # The code, and after a slash the decline code.
    challenge: str = ""
    after_challenge: str = ""  # The decline after a passed challenge, in the form of `decline`.
    refund: str = ""  # `pending`: refunds are pending first; `fails`: they fail afterwards.
    dispute: str = ""
    risk: str = "normal"
    is_attachable: bool = True
    kind: str = "card"
    is_endless: bool = False  # A bank debit that stays in progress.

    @property
    def is_debit(self) -> bool:
        return self.kind == BANK


_DECLINE = "card_declined/"
_ROWS: tuple[tuple[str, str, str, dict[str, Any]], ...] = (
    ("pm_card_visa", "4242424242424242", "Pays", {}),
    ("pm_card_mastercard", "5555555555554444", "Pays", {"brand": "mastercard"}),
    ("pm_card_visa_chargeDeclined", "4000000000000002", "Is declined", {"decline": _DECLINE + "generic_decline"}),
    ("pm_card_visa_chargeDeclinedInsufficientFunds", "4000000000009995", "Has not enough funds",
     {"decline": _DECLINE + "insufficient_funds"}),
    ("pm_card_visa_chargeDeclinedLostCard", "4000000000009987", "Is reported lost",
     {"decline": _DECLINE + "lost_card"}),
    ("pm_card_visa_chargeDeclinedStolenCard", "4000000000009979", "Is reported stolen",
     {"decline": _DECLINE + "stolen_card"}),
    ("pm_card_chargeDeclinedExpiredCard", "4000000000000069", "Has expired", {"decline": "expired_card"}),
    ("pm_card_chargeDeclinedIncorrectCvc", "4000000000000127", "Has another CVC", {"decline": "incorrect_cvc"}),
    ("pm_card_chargeDeclinedProcessingError", "4000000000000119", "Meets an error of its bank",
     {"decline": "processing_error"}),
    ("pm_card_visa_chargeDeclinedVelocityLimitExceeded", "4000000000006975", "Is used too often",
     {"decline": _DECLINE + "card_velocity_exceeded"}),
    ("pm_card_chargeCustomerFail", "4000000000000341", "Can be saved, and is then declined",
     {"decline": _DECLINE + "generic_decline"}),
    ("pm_card_authenticationRequiredOnSetup", "4000002500003155", "Asks for 3-D Secure until set up",
     {"challenge": "setup"}),
    ("pm_card_authenticationRequired", "4000002760003184", "Always asks for 3-D Secure", {"challenge": "always"}),
    ("pm_card_authenticationRequiredSetupForOffSession", "4000003800000446", "Asks for 3-D Secure on the page only",
     {"challenge": "onsession"}),
    ("pm_card_authenticationRequiredChargeDeclinedInsufficientFunds", "4000008260003178",
     "3-D Secure, then not enough funds",
     {"challenge": "always", "after_challenge": _DECLINE + "insufficient_funds"}),
    ("pm_card_threeDSecure2Required", "4000000000003220", "Asks for 3-D Secure 2", {"challenge": "always"}),
    ("pm_card_threeDSecureRequiredChargeDeclined", "4000008400001629", "3-D Secure, then declined",
     {"challenge": "always", "after_challenge": _DECLINE + "generic_decline"}),
    ("pm_card_threeDSecureRequiredProcessingError", "4000008400001280", "3-D Secure cannot be looked up",
     {"decline": "processing_error"}),
    ("pm_card_threeDSecureOptional", "4000000000003055", "Knows 3-D Secure and does not ask", {}),
    ("pm_card_threeDSecureOptionalProcessingError", "4000000000003097", "3-D Secure fails and is not needed", {}),
    ("pm_card_amex_threeDSecureNotSupported", "378282246310005", "Knows no 3-D Secure", {"brand": "amex"}),
    ("pm_card_createDispute", "4000000000000259", "Pays, then disputes as fraud", {"dispute": "fraudulent"}),
    ("pm_card_createDisputeProductNotReceived", "4000000000002685", "Pays, then disputes: not received",
     {"dispute": "product_not_received"}),
    ("pm_card_createDisputeInquiry", "4000000000001976", "Pays, then the bank inquires", {"dispute": "inquiry"}),
    ("pm_card_createIssuerFraudRecord", "4000000000005423", "Pays, with a warning of fraud", {}),
    ("pm_card_pendingRefund", "4000000000007726", "Pays; refunds are pending first", {"refund": "pending"}),
    ("pm_card_refundFail", "4000000000005126", "Pays; refunds fail after all", {"refund": "fails"}),
    ("pm_card_bypassPending", "4000000000000077", "Pays into the available balance", {}),
    ("pm_card_radarBlock", "4100000000000019", "Is blocked as fraud",
     {"decline": _DECLINE + "fraudulent", "risk": "highest"}),
    ("pm_card_riskLevelHighest", "4000000000004954", "Is of the highest risk",
     {"decline": _DECLINE + "fraudulent", "risk": "highest"}),
    ("pm_card_riskLevelElevated", "4000000000009235", "Pays at an elevated risk", {"risk": "elevated"}),
    ("pm_card_threeDSecureFrictionless", "4000000032200000", "3-D Secure without a question", {}),
    ("pm_usBankAccount_success", "000123456789", "A debit that succeeds in days", {"kind": BANK}),
    ("pm_usBankAccount_accountClosed", "000111111113", "A debit of a closed account",
     {"kind": BANK, "decline": "account_closed"}),
    ("pm_usBankAccount_noAccount", "000111111116", "A debit of no account", {"kind": BANK, "decline": "no_account"}),
    ("pm_usBankAccount_insufficientFunds", "000222222227", "A debit without enough funds",
     {"kind": BANK, "decline": "insufficient_funds"}),
    ("pm_usBankAccount_debitNotAuthorized", "000333333335", "A debit that is not authorized",
     {"kind": BANK, "decline": "debit_not_authorized"}),
    ("pm_usBankAccount_dispute", "000555555559", "A debit that succeeds, and is disputed",
     {"kind": BANK, "dispute": "debit_not_authorized"}),
    ("pm_usBankAccount_processing", "000000000009", "A debit that stays under way",
     {"kind": BANK, "is_endless": True}),
)  # fmt: skip

BY_TOKEN: dict[str, Instrument] = {
    token: Instrument(token, number, does, **more) for token, number, does, more in _ROWS
}
BY_NUMBER = {instrument.number: instrument for instrument in BY_TOKEN.values()}
ALIASES = {"pm_card_chargeDeclined": "pm_card_visa_chargeDeclined"}

PASS, FAIL = "Complete authentication", "Fail authentication"
_MESSAGES = {
    "expired_card": "Your card has expired.",
    "incorrect_cvc": "Your card's security code is incorrect.",
    "processing_error": "An error occurred while processing your card. Try again in a little bit.",
    "insufficient_funds": "Your card has insufficient funds.",
    "authentication_required": "Your card was declined. This transaction requires authentication.",
    "payment_intent_authentication_failure": "We are unable to authenticate your payment method. "
    "Please choose a different payment method and try again.",
}


def error_of(decline: str) -> dict[str, Any]:
    """The card_error of a decline: its codes and its message."""
    code, _, decline_code = decline.partition("/")
    message = _MESSAGES.get(decline_code) or _MESSAGES.get(code) or "Your card was declined."
    error: dict[str, Any] = {"type": "card_error", "code": code, "message": message}
    error["doc_url"] = f"https://stripe.com/docs/error-codes/{code.replace('_', '-')}"
    return error | ({"decline_code": decline_code} if decline_code else {})


def error_of_debit(code: str) -> dict[str, Any]:
    """The error of a debit that the bank has returned. *Assumed*: its code is that of the failed charge."""
    return {"type": "invalid_request_error", "code": code, "message": "The bank could not debit the account."}


def is_challenged(instrument: Instrument, *, is_off_session: bool, is_set_up: bool) -> bool:
    if instrument.challenge == "onsession":
        return not is_off_session
    return instrument.challenge == "always" or (instrument.challenge == "setup" and not is_set_up)
