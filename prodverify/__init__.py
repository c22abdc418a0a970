"""Verifies that a live HTTP service on PostgreSQL keeps its promises."""

__version__ = "0.1.0"
