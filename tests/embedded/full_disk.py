"""Makes a cluster where no file may grow beyond 64 KiB, and tells what was said about it."""

import resource
import sys

from prodverify.data import binaries
from prodverify.data.cluster import Cluster, ClusterError

resource.setrlimit(resource.RLIMIT_FSIZE, (65536, 65536))
try:
    Cluster.create(binaries.find())
except ClusterError as problem:
    sys.stdout.write(f"{problem}\n")
