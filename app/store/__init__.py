"""Queries in, frozen records out; no rules."""
