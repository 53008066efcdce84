"""Compiling blanks, filling them and reading them back."""
