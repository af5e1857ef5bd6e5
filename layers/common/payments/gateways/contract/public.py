"""The values of a gateway account that a browser may see."""

from __future__ import annotations

from collections.abc import Mapping

from payments.record import record


@record
class PublicValues:
    """`values` maps a field's name to its text, for the gateway's script in the browser."""

    is_configured: bool  # The operator has confirmed that the secrets are complete.
    values: Mapping[str, str]


NOT_SET_UP = PublicValues(is_configured=False, values={})
