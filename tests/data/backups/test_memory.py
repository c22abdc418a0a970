"""Taking a backup needs the same memory for a large database as for a small one."""

import subprocess
import sys
from pathlib import Path

import pyrage
import pytest

ROOT = Path(__file__).parents[3]
MOST_MIB = 200
TAKE = """
import sys
from pathlib import Path
from prodverify.data.backups.taking import take
from prodverify.target.taking import Taking
form, compression, key = sys.argv[3:]
taking = Taking(format=form, compression=compression, encrypt_to=(key,) if key else ())
taken = take(sys.argv[1], Path(sys.argv[2]), name="large", taking=taking)
# not by getrusage, which begins with the peak of whoever started this
peak = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM:"))
print(taken.manifest.database_bytes >> 20, int(peak.split()[1]) >> 10)
"""


@pytest.fixture(scope="module")
def large(databases):
    """A database of more than 200 MiB."""
    return databases(
        "CREATE TABLE t AS SELECT n, md5(n::text) AS a, jsonb_build_object('n', n, 'x', md5((-n)::text)) AS j"
        " FROM generate_series(1, 1600000) n"
    )


@pytest.mark.proof
@pytest.mark.parametrize("encrypted", [False, True], ids=["plain text", "encrypted"])
@pytest.mark.parametrize(("form", "compression"), [("plain", "gzip"), ("plain", "zstd"), ("custom", "gzip")])
def test_memory_stays_small(large, tmp_path, form, compression, encrypted):
    key = str(pyrage.x25519.Identity.generate().to_public()) if encrypted else ""
    done = subprocess.run(
        [sys.executable, "-c", TAKE, large, str(tmp_path), form, compression, key],
        cwd=ROOT, capture_output=True, text=True, timeout=300, check=True,
    )  # fmt: skip
    database_mib, most_mib = map(int, done.stdout.split())

    assert database_mib > MOST_MIB
    assert most_mib < MOST_MIB
