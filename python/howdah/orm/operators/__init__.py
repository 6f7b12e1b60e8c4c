"""What expressions can do: a module for each family of types. `Expr` is made of these classes.

No IO. Methods say by their `self` which expressions have them: `Holds[str | None]` are those whose
values are texts. Both type checkers refuse the others.

Invariant: a name says what PostgreSQL says by it, an index or slice what Python says.
"""
