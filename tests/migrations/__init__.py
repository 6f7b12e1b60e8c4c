"""Migrations: files, history, running, planning."""
