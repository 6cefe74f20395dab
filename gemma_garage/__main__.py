"""`python -m gemma_garage`."""

import sys

from gemma_garage.cli import main

sys.exit(main())
