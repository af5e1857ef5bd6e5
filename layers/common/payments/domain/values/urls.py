"""URLs that a payer's browser is sent to."""

from __future__ import annotations

from urllib.parse import parse_qsl, quote, urlsplit, urlunsplit


def with_payment_id(url: str, payment_id: str) -> str:
    """`url` with `payment_id` as the last parameter of its query; the rest of the query is unchanged."""
    parts = urlsplit(url)
    pairs = [pair for pair in parts.query.split("&") if pair and not _is_payment_id(pair)]
    return urlunsplit(parts._replace(query="&".join([*pairs, f"payment_id={quote(payment_id, safe='')}"])))


def _is_payment_id(pair: str) -> bool:
    return any(name == "payment_id" for name, _ in parse_qsl(pair, keep_blank_values=True))
