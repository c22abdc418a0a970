"""The same promises under load."""
