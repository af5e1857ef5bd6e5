"""For `make test-dates` only. Python sleeps until an instant of the monotonic clock, which faketime 0.9 gets wrong."""

import select
import time
from typing import SupportsIndex


def _sleep(seconds: float | SupportsIndex) -> None:
    select.select((), (), (), float(seconds))


time.sleep = _sleep
