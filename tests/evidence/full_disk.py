"""Writes evidence in a process that may write no file above 8 KiB, and says what it is told."""

from __future__ import annotations

import resource
import sys
from pathlib import Path

from prodverify.wire.redaction import Redactor
from reports.write import EvidenceError, write
from tests.record.sample import one_of_each

resource.setrlimit(resource.RLIMIT_FSIZE, (8192, 8192))
try:
    write(one_of_each(), Path(sys.argv[1]), redactor=Redactor({}))
except EvidenceError as trouble:
    sys.stdout.write(str(trouble))
