"""`python -m revenge`: the same as the command `revenge`."""

import sys

from revenge.cli import main

sys.exit(main())
