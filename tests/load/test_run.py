"""A load run sends its plan on time, counts exactly, and ends with a verdict."""

import os
import signal
from collections import Counter

import pytest


def test_x(service, target, run):
    there = service()
    done = run("--target", target(there.port))
    assert done.status == 0, done
