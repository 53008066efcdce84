"""Named situations, valid and complete, with fictitious people and numbers; shared by seed, demo and tests."""
