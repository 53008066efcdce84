"""The forms engine: a blank compiled once, filled many times by an appended update, and read back."""
