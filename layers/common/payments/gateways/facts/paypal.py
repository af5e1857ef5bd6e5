"""PayPal's countries, currencies and ways to pay."""

from payments.gateways.facts import CARD, PAYPAL, row

_COUNTRIES = "AU CA DE ES FR GB IE IN IT JP NL SG US"
_CURRENCIES = "AUD CAD CHF CZK DKK EUR GBP HKD HUF ILS JPY MXN NOK NZD PHP PLN SEK SGD THB TWD USD"

ROWS = (
    row(
        "paypal", _COUNTRIES, _CURRENCIES, (PAYPAL, CARD), "2021-04-01",
        "PayPal currency codes; no INR, and no domestic payments in India since April 2021",
    ),
)  # fmt: skip
STEPS = {"HUF": 100, "TWD": 100}  # PayPal currency codes: no decimals of these.
