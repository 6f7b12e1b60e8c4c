"""The ORM: objects, what is loaded of them, and what is written."""
