"""Statements and the expressions in them."""
