"""`python -m prodverify VERB`."""

from __future__ import annotations

import sys

from prodverify.cli.door import main

sys.exit(main(sys.argv[1:]))
