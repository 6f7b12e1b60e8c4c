"""SQLAlchemy's dialects `postgresql+howdah`, for `create_engine` and `create_async_engine`.

SQLAlchemy finds them by the entry points of the package; nothing else in howdah imports them. The
connections below an engine are `howdah.Connection` and `howdah.AsyncConnection`.
"""

from howdah.integrations.sqlalchemy.dialect import HowdahAsyncDialect, HowdahDialect

__all__ = ["HowdahAsyncDialect", "HowdahDialect"]
