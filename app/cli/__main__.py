"""`python -m app.cli` is `segue`."""

from app.cli import main

main()
