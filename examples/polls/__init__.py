"""Polls: questions and choices, with users, votes, tags, full-text search and a dashboard.

`models` says what there is, `queries` asks and changes it, `seed` fills it with data of realistic
size; `fastapi_app`, `litestar_app` and `flask_app` serve it by HTTP.
"""
