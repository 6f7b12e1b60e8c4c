"""pgbouncer, and statements that never need to meet a server twice."""
