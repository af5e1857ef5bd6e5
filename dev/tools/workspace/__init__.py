"""python -m dev.tools.workspace: create workspaces, add members, show them, change settings."""
