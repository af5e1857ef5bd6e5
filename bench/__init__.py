"""Holds the project to its budgets: `python -m bench`. None of it ships."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parent.parent / "layers/common"))  # The package `payments`.
