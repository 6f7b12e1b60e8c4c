"""Django on howdah, without psycopg."""
