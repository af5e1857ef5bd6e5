"""python -m tools.workspace: creates workspaces, adds their members, shows them, changes their settings."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[2] / "layers/common"))  # The package `payments`.
