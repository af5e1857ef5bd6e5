"""Started alone, as Lambda does: `python -P -s -S bootstrap.py HANDLER FOLDER…`, the function's folder first.

Not `-I`, which ignores PYTHONHASHSEED.
"""

import os
import sys
import time

sys.path[:0] = sys.argv[2:]
os.chdir(sys.argv[2])

_monotonic, _slower = time.monotonic, float(os.environ.get("BENCH_SLOWER", "1"))
if _slower > 1:  # Under a measuring tool. The code's time limits are for a process without one.
    time.monotonic = lambda: _monotonic() / _slower

from awslambdaric.__main__ import main  # type: ignore[import-untyped]  # noqa: E402

main(sys.argv[:2])
