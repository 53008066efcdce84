"""Taxes on sales outside the value added tax of a state: the United States and Canada."""
