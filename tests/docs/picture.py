"""
``python -m tests.docs.picture`` makes the README's picture anew: a NO-GO page from a real run.

It needs Chromium, which is asked to talk to nobody.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.docs.stage import ROOT, relay, suite

PICTURE = ROOT / "docs" / "images" / "no-go.png"
FAULTS = ("audit-open-to-viewer", "retry-after-missing", "webhook-secret-wrong")
WIDTH, HEIGHT = 1100, 700
_SILENT = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
)


def main() -> None:
    """Runs the suite and takes the picture of the first screen."""
    chromium = shutil.which("chromium")
    if chromium is None:
        sys.exit("the picture needs chromium, and there is none on PATH")
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        target = folder / "relay.toml"
        with relay(target, *FAULTS):
            suite("checks/", "--target", str(target), "-n", "2", reports=folder / "reports")
        page = (folder / "reports" / "latest" / "report.html").resolve()
        size = f"--window-size={WIDTH},{HEIGHT}"
        where = (f"--user-data-dir={folder / 'profile'}", f"--screenshot={PICTURE}", page.as_uri())
        subprocess.run([chromium, *_SILENT, size, *where], check=True, capture_output=True, timeout=60)
    sys.stdout.write(f"{PICTURE.relative_to(ROOT)}\n")


if __name__ == "__main__":
    main()
