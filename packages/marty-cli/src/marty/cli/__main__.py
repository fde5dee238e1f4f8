"""``python -m marty.cli``, the same as ``marty``."""

from marty.cli import main

main()
