"""The world around the rules: HTTP, pages, tables, queue, files, clock, registers and mail."""
