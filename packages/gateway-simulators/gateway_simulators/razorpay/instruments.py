"""The test instruments, and the reasons why payments fail. Other numbers and addresses are refused."""

from __future__ import annotations

from gateway_simulators.razorpay.records import Failure, Instrument

GATEWAY = "GATEWAY_ERROR"

CANCELLED = Failure("payment_cancelled", "Payment was cancelled by the customer.")
BANK_REFUSED = Failure(
    "payment_failed", "The customer's bank refused it.", source="issuer_bank", step="payment_authorization"
)  # fmt: skip
TIMED_OUT = Failure(
    "payment_timed_out", "The bank did not answer in time.", source="bank", step="payment_authorization"
)  # fmt: skip

_FAILURES = {
    failure.reason: failure
    for failure in (
        TIMED_OUT,
        CANCELLED,
        Failure("insufficient_fund", "The account has not enough money.", source="customer"),
        Failure("card_declined", "The card was declined.", source="issuer_bank", step="payment_authorization"),
        Failure("card_disabled_for_online_payments", "The card is not enabled for online payments."),
        Failure("card_number_invalid", "The card number is not valid.", step="payment_initiation"),
        Failure("gateway_technical_error", "The gateway had a fault.", GATEWAY, "gateway", "payment_authorization"),
        Failure("authentication_failed", "The one-time password was wrong.", GATEWAY),
    )
}
WRONG_OTP = Failure("incorrect_otp", "The one-time password was wrong.")


def _card(number: str, label: str, network: str, reason: str = "", method: str = "card") -> Instrument:
    return Instrument(number, method, _FAILURES.get(reason), label, network=network)


def _abroad(number: str, network: str) -> Instrument:
    return Instrument(number, "card", None, f"{network} from abroad", network=network, is_international=True)


_VISA_FAILS = {
    "4100280000090000": "payment_timed_out", "4100280000080001": "insufficient_fund",
    "4100280000070002": "payment_cancelled", "4100280000060003": "card_declined",
    "4100280000050004": "card_declined", "4100280000040005": "card_declined",
    "4100280000030006": "card_disabled_for_online_payments", "4100280000010008": "card_number_invalid",
    "4100280000020007": "gateway_technical_error", "4100280000000009": "authentication_failed",
}  # fmt: skip
_MC_FAILS = {
    "5305620000060000": "payment_timed_out", "5305620000050001": "insufficient_fund",
    "5305620000040002": "payment_cancelled", "5305620000030003": "card_declined",
    "5305620000020004": "card_declined", "5305620000010005": "card_declined",
    "5305620000000006": "card_disabled_for_online_payments", "5305620000080008": "card_number_invalid",
    "5305620000090007": "gateway_technical_error", "5305620000070009": "authentication_failed",
}  # fmt: skip
_ABROAD = {
    "5555555555554444": "MasterCard", "5105105105105100": "MasterCard", "5104060000000008": "MasterCard",
    "4012888888881881": "Visa",
}  # fmt: skip

INSTRUMENTS = (
    _card("4100280000001007", "Visa", "Visa"),
    _card("5500670000001002", "Mastercard", "MasterCard"),
    _card("6527658900001005", "RuPay", "RuPay"),
    _card("36082800091007", "Diners Club", "Diners Club"),
    _card("340256000401007", "American Express", "American Express"),
    *(_abroad(number, network) for number, network in _ABROAD.items()),
    _card("4718609108204366", "Visa for subscriptions", "Visa"),
    _card("5104015555555558", "Mastercard for subscriptions", "MasterCard"),
    *(_card(number, f"Visa: {reason}", "Visa", reason) for number, reason in _VISA_FAILS.items()),
    *(_card(number, f"Mastercard: {reason}", "MasterCard", reason) for number, reason in _MC_FAILS.items()),
    _card("5241810000000000", "EMI Mastercard", "MasterCard", method="emi"),
    Instrument("success@razorpay", "upi", label="Success"),
    Instrument("failure@razorpay", "upi", BANK_REFUSED, "Failure"),
    Instrument("netbanking:HDFC:success", "netbanking", label="HDFC Bank: Success", bank="HDFC"),
    Instrument("netbanking:HDFC:failure", "netbanking", BANK_REFUSED, "HDFC Bank: Failure", "HDFC"),
    Instrument("netbanking:SBIN:success", "netbanking", label="State Bank of India: Success", bank="SBIN"),
    Instrument("wallet:olamoney:success", "wallet", label="Ola Money: Success", wallet="olamoney"),
    Instrument("wallet:olamoney:failure", "wallet", BANK_REFUSED, "Ola Money: Failure", wallet="olamoney"),
)
BY_VALUE = {instrument.value: instrument for instrument in INSTRUMENTS}
SUCCESS = BY_VALUE["success@razorpay"]

# In the form of GET /v1/methods; the rates are invented.
EMI_PLANS = {
    bank: {"min_amount": least, "plans": {str(months): rate for months in (3, 6, 9, 12)}}
    for bank, least, rate in (("HDFC", 100000, 15), ("ICIC", 150000, 14), ("UTIB", 250000, 13), ("KKBK", 300000, 14))
}
EMI_MINIMUM = min(int(str(plan["min_amount"])) for plan in EMI_PLANS.values())
EMI_MONTHS = (3, 6, 9, 12)
METHODS = {
    "entity": "methods",
    "card": True,
    "debit_card": True,
    "credit_card": True,
    "card_networks": {"AMEX": 1, "DICL": 1, "MC": 1, "RUPAY": 1, "VISA": 1},
    "amex": True,
    "netbanking": {"HDFC": "HDFC Bank", "SBIN": "State Bank of India"},
    "wallet": {"olamoney": True},
    "emi": True,
    "emi_plans": EMI_PLANS,
    "upi": True,
    "upi_intent": True,
    "app": [],
}
