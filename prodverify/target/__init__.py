"""What is promised: the sections of a target file, loading, complaints and the JSON Schema."""
