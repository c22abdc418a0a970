"""One record, many tellings."""
