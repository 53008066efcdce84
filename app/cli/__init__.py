"""The taxdesk command, one file per group."""
