"""Backups: named, taken, kept, with a manifest beside each."""
