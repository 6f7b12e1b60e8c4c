"""Tables whose rows lie on several servers: declared by `distribute_by`, made by `create_all`.

IO in `running` alone. `servers` says which servers there are, `rules` what cannot be kept over
several, `splitting` what each of them gets, `citus` what is said to that extension instead.

Invariant: each partition of a distributed table is a partition on its shard, too, of a table with
the same name: so PostgreSQL itself refuses a row that lies on the wrong shard, whoever writes it.
"""

from howdah.orm.schema.sharding.running import create_steps, drop_steps, written
from howdah.orm.schema.sharding.servers import Shard, Shards, shard, shards

__all__ = ["Shard", "Shards", "create_steps", "drop_steps", "shard", "shards", "written"]
