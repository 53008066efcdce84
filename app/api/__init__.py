"""JSON v1: one file per resource; load a schema, call one service, dump a schema."""
