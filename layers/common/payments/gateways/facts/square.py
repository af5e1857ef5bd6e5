"""Square's countries, currencies and ways to pay."""

from payments.gateways.facts import CARD, WALLET, row

_CURRENCIES = (("US", "USD"), ("CA", "CAD"), ("AU", "AUD"), ("GB", "GBP"), ("IE FR ES", "EUR"), ("JP", "JPY"))

ROWS = tuple(
    row("square", countries, currency, (CARD, WALLET), "2025-01-01", "Square: a location's own currency only")
    for countries, currency in _CURRENCIES
)
