"""Statements: values that a database runs. A module for each kind."""
