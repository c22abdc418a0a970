"""Readings of the live database: each a bounded statement on catalogs and statistics, and a frozen value."""
