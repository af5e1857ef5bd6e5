"""Holds the project to its budgets: `python -m bench`. None of it ships."""
