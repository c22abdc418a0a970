"""What pg_dump wrote: recognised, examined, restored."""
