"""A database with replicas."""
