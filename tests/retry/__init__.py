"""Transactions that are repeated."""
