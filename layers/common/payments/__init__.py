"""Pavati's payments package: what ships in the common layer."""
