"""Use cases, one file each, named by a verb; the only place that commits."""
