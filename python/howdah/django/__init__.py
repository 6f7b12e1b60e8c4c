"""Django on howdah: `ENGINE = "howdah.django"` in `DATABASES`.

Everything that Django's own PostgreSQL backend does, `django.contrib.postgres` included, without
psycopg. See `docs/django.md`. Importing this package makes Django's PostgreSQL modules importable
where no psycopg is installed; where one is, it changes nothing.

A program that has `django.contrib.postgres` in `INSTALLED_APPS` and no psycopg lists
`"howdah.django"` before it: Django loads applications before database backends.
"""

from howdah.django import _imports

_imports.install()
