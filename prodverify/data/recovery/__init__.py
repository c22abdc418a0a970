"""A physical copy of a server's data, brought back to life and to a point in time."""
