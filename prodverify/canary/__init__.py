"""Judging what Prometheus has seen: scrapes, windows of objectives, error budgets, and the week in numbers."""
