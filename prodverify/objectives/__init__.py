"""Objectives as shares of good events: counts, bounds, verdicts."""
