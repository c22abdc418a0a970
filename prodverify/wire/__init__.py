"""Asking: the one HTTP client, exchanges, attribution, budget, redaction and the clock."""
