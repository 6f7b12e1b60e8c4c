"""A COPY where a statement was expected: refused, and later answers belong to later statements."""

import pytest

import howdah

#: The second table gives up before it reads data, and then hears the end of the unit twice.
TABLES = """
    create table plain (id int);
    create table refusing (id int);
    create function refuse() returns trigger language plpgsql
        as $$ begin raise 'no copies here'; end $$;
    create trigger refuse before insert on refusing execute function refuse()"""


@pytest.mark.parametrize("table", ["plain", "refusing"])
async def test_from_the_client(conn: howdah.AsyncConnection, table: str) -> None:
    await conn.run(TABLES, None, tuple, None)
    for number in range(20):
        with pytest.raises(howdah.ProgrammingError, match="ordinary statement"):
            await conn.fetch(f"copy {table} from stdin")
        assert await conn.fetch_value("select $1::int", number) == number


async def test_to_the_client(conn: howdah.AsyncConnection) -> None:
    for number in range(20):
        with pytest.raises(howdah.ProgrammingError, match="ordinary statement"):
            await conn.fetch("copy (select generate_series(1, 1000)) to stdout")
        assert await conn.fetch_value("select $1::int", number) == number
