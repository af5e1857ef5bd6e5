"""Runs template.yaml on this machine. Never ships."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parent.parent / "layers/common"))  # The package `payments`.
