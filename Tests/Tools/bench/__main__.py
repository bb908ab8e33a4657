"""The command; nothing here, so that worker processes start without what only the driver needs."""

from compare import main

main()
