"""SQLAlchemy's suite for dialects of others; run by `tests.integrations.sqlalchemy.compare`."""
