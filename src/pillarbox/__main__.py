"""`python -m pillarbox`: the same as the command `pillarbox`."""

import sys

from pillarbox.app.entry import main

sys.exit(main())
