"""Writing objects: `insert`, `update`, `save`, `upsert`, `delete` of databases and transactions, as
steps.
"""
