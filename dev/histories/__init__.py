"""Deterministic simulation: the production code under a seeded scheduler that decides order, delays, lost messages and
kills.
"""
