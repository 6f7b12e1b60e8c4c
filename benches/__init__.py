"""howdah against the other drivers, and against the floor under them all.

`make bench` runs it. The modules, in the order of the data:

- `workloads`  what is asked, and the tables that it is asked of
- `floor`      ready-made bytes sent, the answer thrown away: what no driver can save
- `peers`      one class per driver and world, with that driver's fastest ordinary way to ask
- `worlds`     the program that measures one world (sync, asyncio, uvloop) in one process
- `measure`    batches in turn, medians of client CPU and wall time
- `counters`   system calls (strace) and instructions (callgrind) per query
- `report`     tables, the project's bars, JSON

Beside them, programs of their own: `server_start`, `copying` (COPY by row), `memory` (of what is
too large to hold, and how long the event loop is held).
"""
