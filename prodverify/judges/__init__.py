"""Pure judges: observations in, findings out. One subject a file."""
