"""Logical replication, against a server with `wal_level=logical`."""
