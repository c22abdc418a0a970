"""What a database holds, in words that can be compared."""
