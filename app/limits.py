"""How much one request may send, in bytes."""

MAX_BODY = 2 * 1024 * 1024
"""A JSON body or a form without files."""

MAX_FILE = 10 * 1024 * 1024
"""One uploaded file."""

MAX_UPLOAD = MAX_FILE + 64 * 1024
"""A multipart body with one file and its form around it."""

MAX_ROWS_BODY = 64 * 1024 * 1024
"""50,000 rows of a table or of NDJSON, of more than a kilobyte each."""
