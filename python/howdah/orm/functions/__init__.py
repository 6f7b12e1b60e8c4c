"""PostgreSQL's functions: aggregates, window functions and the most used others; `fn` calls all there are.

>>> from howdah.orm.functions import count, now, rank, sum_
"""

from howdah.orm.functions.aggregates import (
    Aggregate,
    array_agg,
    avg,
    bool_and,
    bool_or,
    count,
    json_agg,
    json_object_agg,
    max_,
    min_,
    percentile_cont,
    stddev,
    string_agg,
    sum_,
    variance,
)
from howdah.orm.functions.any_name import fn
from howdah.orm.functions.choice import case, coalesce, greatest, least, nullif
from howdah.orm.functions.grouping import cube, grouping, grouping_sets, rollup
from howdah.orm.functions.scalars import (
    all_,
    any_,
    clock_timestamp,
    current_date,
    date_bin,
    gen_random_uuid,
    generate_series,
    json_build_object,
    make_interval,
    now,
    random,
    to_tsvector,
    unnest,
    uuidv7,
)
from howdah.orm.functions.search import (
    phraseto_tsquery,
    plainto_tsquery,
    to_tsquery,
    ts_headline,
    ts_rank,
    websearch_to_tsquery,
)
from howdah.orm.functions.windows import (
    Frame,
    Window,
    cume_dist,
    dense_rank,
    first_value,
    groups,
    lag,
    last_value,
    lead,
    nth_value,
    ntile,
    percent_rank,
    range_,
    rank,
    row_number,
    rows,
    window,
)
