"""``python -m tuneworthy`` is the command line."""

from tuneworthy.cli.main import main

main()
