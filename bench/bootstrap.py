"""Started alone, as Lambda starts its own: `python -I -S bootstrap.py HANDLER FOLDER…`, the function's folder first."""

import os
import sys

sys.path[:0] = sys.argv[2:]
os.chdir(sys.argv[2])

from awslambdaric.__main__ import main  # type: ignore[import-untyped]  # noqa: E402

main(sys.argv[:2])
