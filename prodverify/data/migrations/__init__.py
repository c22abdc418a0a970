"""What the code's migrations are, and what a database records of them."""
