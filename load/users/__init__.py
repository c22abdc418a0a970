"""Arrivals and users written by hand: one file an example. Copy one beside your target file, and name it in [load]."""
