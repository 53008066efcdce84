"""``python -m app.cli`` is ``taxdesk``, wherever the console script is; ``taxdesk up`` starts its children so."""

from app.cli.main import main

main()
