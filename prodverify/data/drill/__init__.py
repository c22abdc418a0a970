"""A backup restored into a server of our own, and read back."""
