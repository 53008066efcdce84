"""Servers that the benchmarks start as processes, and the way they start and stop them."""
