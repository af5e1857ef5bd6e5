"""Test instruments of the pay page, and the reasons why payments fail."""

from __future__ import annotations

from gateway_simulators.phonepe.records import Failure

MODES = ("UPI_INTENT", "UPI_COLLECT", "UPI_QR", "CARD", "NET_BANKING")

OUTCOME_BY_VPA = {"success@ybl": "pay", "failed@ybl": "decline", "pending@ybl": "wait", "test@phonepe": "pay"}
TEST_OTP = "123456"
TEST_BANK_LOGIN = ("test", "test")

DECLINED_BY_PAYER = Failure(
    "TXN_CANCELLED", "REQUEST_DECLINE_BY_REQUESTEE", description="The payer declined the request"
)
BANK_REFUSED = Failure(
    "TXN_NOT_COMPLETED", "TXN_AUTO_FAILED", "ISSUING_BANK", "AUTHORIZATION", "The bank did not approve"
)
ORDER_EXPIRED = Failure("TXN_NOT_COMPLETED", "ORDER_EXPIRED", description="The order expired before it was paid")
REFUND_RETURNED = Failure(  # Assumed: no document shows one.
    "ACCOUNT_INACTIVE", "ZX", "ISSUING_BANK", "REFUND", "The payer's account could not be credited"
)
REFUND_BREACHED = Failure("REFUND_BREACHED", "BF_034", "BUSINESS", "REFUND", "Not enough balance for the refund")

_CODE_BY_DETAIL = {
    "TXN_AUTO_FAILED": "TXN_NOT_COMPLETED", "U69": "TXN_NOT_COMPLETED", "REQUEST_TIME_OUT": "TXN_NOT_COMPLETED",
    "Z9": "INSUFFICIENT_BALANCE", "IE": "INSUFFICIENT_BALANCE", "INSUFFICIENT_FUNDS": "INSUFFICIENT_BALANCE",
    "ZM": "INVALID_MPIN", "Z6": "MPIN_LIMIT_BREACHED", "AM": "MPIN_NOT_SET",
    "U90": "BANK_TECHNICAL_ISSUE", "U28": "BANK_TECHNICAL_ISSUE", "XB": "BANK_TECHNICAL_ISSUE",
    "XT": "BANK_NOT_ABLE_TO_PROCESS", "Z7": "TXN_FREQ_LIMIT_BREACHED", "Z8": "TXN_LIMIT_BREACHED",
    "B3": "ACCOUNT_NOT_ELIGIBLE", "YE": "ACCOUNT_BLOCKED", "XH": "ACCOUNT_DOES_NOT_EXIST", "ZX": "ACCOUNT_INACTIVE",
    "ZA": "TXN_CANCELLED", "REQUEST_DECLINE_BY_REQUESTEE": "TXN_CANCELLED", "ORDER_CANCELLED_BY_USER": "TXN_CANCELLED",
    "B1": "TXN_NOT_ALLOWED", "U54": "TXN_NOT_ALLOWED", "ZH": "INVALID_VPA", "U80": "TECHNICAL_ISSUE",
    "U66": "DEVICE_FINGERPRINT_MISMATCH", "K1": "TXN_BLOCKED", "XP": "TXN_BLOCKED", "PG_ERROR": "OTHERS",
    "CARD_EXPIRED": "CARD_EXPIRED", "OTP_EXPIRED": "OTP_EXPIRED", "WRONG_PIN": "WRONG_PIN",
}  # fmt: skip

FAILURE_BY_DETAIL = {detail: Failure(code, detail) for detail, code in _CODE_BY_DETAIL.items()} | {
    known.detailed_code: known for known in (DECLINED_BY_PAYER, BANK_REFUSED)
}

CARD_BY_NUMBER = {"4208585190116667": ("credit", "06", "27", "508"), "4242424242424242": ("debit", "12", "27", "936")}


def outcome_of_vpa(vpa: str) -> str:
    """An address that is no test address leaves the payment pending, as in PhonePe's sandbox."""
    return OUTCOME_BY_VPA.get(vpa.strip().lower(), "wait")


def is_test_card(number: str, month: str, year: str, cvv: str) -> bool:
    known = CARD_BY_NUMBER.get("".join(number.split()))
    return known is not None and known[1:] == (month.strip().zfill(2), year.strip()[-2:], cvv.strip())
