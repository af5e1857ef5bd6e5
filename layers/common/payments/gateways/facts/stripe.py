"""Stripe's countries, currencies and ways to pay."""

from payments.gateways.facts import CARD, WALLET, row

_COUNTRIES = "AU CA DE ES FR GB IE IT JP NL SG US"
_CURRENCIES = "AED AUD CAD CHF DKK EUR GBP HKD INR JPY NOK NZD PLN SEK SGD USD"

ROWS = (
    row("stripe", _COUNTRIES, _CURRENCIES, (CARD, WALLET), "2025-01-01", "Stripe presentment currencies"),
    row("stripe", "IN", "INR USD EUR GBP", (CARD,), "2025-01-01", "Stripe India: accounts by invitation"),
)
