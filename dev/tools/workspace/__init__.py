"""python -m dev.tools.workspace: creates workspaces, adds their members, shows them, changes their settings."""
