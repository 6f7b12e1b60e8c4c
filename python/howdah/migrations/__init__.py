"""Migrations: a database changed step by step while programs go on using it."""
