"""Test buyers and test cards of the approval page, and what happens when the merchant captures from each."""

from __future__ import annotations

from gateway_simulators.kit.paypage import Instrument
from gateway_simulators.paypal.records import PAYS, Fate

BUYER = "buyer@example.com"

_BUYERS = {
    BUYER: ("A buyer", "pays", PAYS),
    "declined@example.com": (
        "An instrument that is declined", "INSTRUMENT_DECLINED once; the buyer may come back",
        Fate(issue="INSTRUMENT_DECLINED", is_forgiven=True),
    ),
    "cannot-pay@example.com": ("A buyer who cannot pay", "PAYER_CANNOT_PAY", Fate(issue="PAYER_CANNOT_PAY")),
    "refused@example.com": ("A payment that PayPal refuses", "TRANSACTION_REFUSED", Fate(issue="TRANSACTION_REFUSED")),
    "restricted@example.com": (
        "A restricted account", "PAYER_ACCOUNT_RESTRICTED", Fate(issue="PAYER_ACCOUNT_RESTRICTED"),
    ),
    "limit@example.com": (
        "A buyer at the limit", "TRANSACTION_LIMIT_EXCEEDED", Fate(issue="TRANSACTION_LIMIT_EXCEEDED"),
    ),
    "review@example.com": ("A payment under review", "captured PENDING_REVIEW", Fate(pending_reason="PENDING_REVIEW")),
    "reviewed-first@example.com": (
        "An authorization under review", "authorized PENDING", Fate(is_authorized_later=True),
    ),
    "spent@example.com": (
        "A buyer who runs out of money", "cannot pay once an authorization is older than three days",
        Fate(lasts_honor_period=True),
    ),
    "echeck@example.com": ("A buyer with an eCheck", "captured PENDING, ECHECK", Fate(pending_reason="ECHECK")),
}  # fmt: skip

_CARDS = (
    "4012888888881881 4005519200000004 4012000033330026 4012000077777777 "
    "2223000048400011 371449635398431 36461510000039"
)
_REJECTS = {  # By the cardholder's name.
    "CCREJECT-REFUSED": "0500",
    "CCREJECT-BANK_ERROR": "5100",
    "CCREJECT-SF": "9500",
    "CCREJECT-IF": "5120",
    "CCREJECT-CVV_F": "00N7",
}

FATE_BY_INSTRUMENT: dict[str, Fate] = (
    {value: fate for value, (_, _, fate) in _BUYERS.items()}
    | dict.fromkeys(_CARDS.split(), PAYS)
    | {name: Fate(processor_code=code) for name, code in _REJECTS.items()}
)
DECLINED_BY_BANK = FATE_BY_INSTRUMENT["CCREJECT-BANK_ERROR"]
FORGIVEN = FATE_BY_INSTRUMENT["declined@example.com"]
REVIEWED = FATE_BY_INSTRUMENT["review@example.com"]


def offered(*, wants_money_at_once: bool) -> list[Instrument]:
    """The instruments of the page. An eCheck is missing where the merchant requires immediate payment."""
    buyers = [
        Instrument(value, label, does, "account")
        for value, (label, does, _) in _BUYERS.items()
        if not (wants_money_at_once and value.startswith("echeck"))
    ]
    cards = [Instrument(number, "A card, as a guest", "pays") for number in _CARDS.split()]
    rejected = [Instrument(name, f"A card of {name}", f"declined with {code}") for name, code in _REJECTS.items()]
    return [*buyers, *cards, *rejected]
