"""The SQLAlchemy dialects: SQLAlchemy's suite for them, and what it does not touch."""
