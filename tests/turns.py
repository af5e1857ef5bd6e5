"""Which part of the long tables `make test` runs today: all of them in turn."""

from __future__ import annotations

import os
from datetime import UTC, datetime


def tenth_of_the_day() -> int:
    """Which tenth of the cases is run: PAVATI_TENTH (0 to 9), else it changes every day."""
    text = os.environ.get("PAVATI_TENTH") or str(datetime.now(UTC).toordinal() % 10)
    if not (text.isascii() and text.isdigit() and len(text) == 1):
        raise ValueError(f"PAVATI_TENTH={text}: one digit is wanted, 0 to 9")
    return int(text)
