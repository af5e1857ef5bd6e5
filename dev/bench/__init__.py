"""Measure the project against its budgets: `python -m dev.bench`. None of it ships."""
