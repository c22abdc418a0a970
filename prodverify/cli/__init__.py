"""The door: `python -m prodverify VERB`, one file a verb."""
