"""Holds the project to its budgets: `python -m dev.bench`. None of it ships."""
