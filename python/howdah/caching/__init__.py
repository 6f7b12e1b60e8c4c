"""Answers that are kept: `howdah.Cache`, `statement.cached(…)`, `@howdah.cache`.

`options` is what programs say, `functions` the decorator, `_database` what `db.cache` is.
`_reading` is the way of a question, `_ledger` knows what has changed, `_commits` tells it;
`_memory` and `_shared` (Redis) keep answers, which are `_tape`s of statements or `_values` of
functions.
"""

from howdah.caching.functions import cache
from howdah.caching.options import Cache, CacheStats

__all__ = ["Cache", "CacheStats", "cache"]
