"""PostgreSQL's values as Python objects and back."""
