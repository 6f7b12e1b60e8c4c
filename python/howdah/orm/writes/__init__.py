"""Writing objects, as steps: what the writing verbs of databases and transactions do."""
