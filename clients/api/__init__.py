"""Couples, partners and sessions, for programs."""
