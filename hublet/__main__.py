"""``python -m hublet``."""

import sys

from hublet.cli import main

sys.exit(main())
