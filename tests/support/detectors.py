"""docs/detectors.md, made from the comments of the detectors in a deployed database."""

import re
import textwrap

import psycopg
from psycopg.rows import dict_row

DETECTORS = """
    SELECT
        substr(routine.proname, 8) AS name,
        obj_description(routine.oid, 'pg_proc') AS comment
    FROM pg_proc AS routine
    WHERE routine.pronamespace = 'activity_sql'::regnamespace
        AND routine.proname LIKE 'detect\\_%'
        AND pg_get_function_identity_arguments(routine.oid) NOT LIKE 'p\\_by %'
        AND pg_get_function_identity_arguments(routine.oid) NOT LIKE 'p\\_action %'
    ORDER BY routine.proname
"""

TITLES = ("Sees", "Thresholds", "Known false alarms", "Quiet it")

HEAD = """\
# Detectors

Made by `make reference` from the comments in the database; changes belong there. How well they do
is in [detection.md](detection.md).

```sql
SELECT * FROM detect_activity_anomalies();                    -- the last hour
SELECT * FROM detect_activity_anomalies(24, 3.5);             -- a day, from medium severity on
SELECT * FROM get_security_alerts();                          -- with the busy addresses
SELECT * FROM detection_coverage();                           -- what is blind, and why
```

## How an hour is judged

Each hour of the window is judged as if asked at its end, and only from what was before it: the 28
days before. `expected` is the 95th percentile of the subject's own active hours near that time of
day (one hour before to one after), where there are 20 of these; else of all its active hours;
fewer than 20 in all make a newcomer, of whom some are expected in any case. Where
[score_series](score-series.md) expects more of the hour, having learnt a nightly job or a new
level, that counts. `reasons` says which it was (`baseline`), from how many hours (`sample_size`),
and has the statement that shows what was counted (`rows`).

`score` is a function of observed / expected alone, `activity_sql.peak_deviation`:

| observed / expected | 2.2 | 2.5 | 3 | 5 | 10 |
|---|---:|---:|---:|---:|---:|
| score | 3.0 | 3.2 | 3.6 | 5.0 | 7.4 |

{severity}

Ten rows or more of one user, address, collection and action, each at most 100 ms after the one
before, are taken for one request, since Directus writes the rows of a batch some milliseconds
apart. What a few requests explain, an import or a deploy, is of low severity; deletions are not.
"""


def detectors(connection: psycopg.Connection) -> str:
    """The whole file."""
    with connection.cursor(row_factory=dict_row) as cursor:
        found = cursor.execute(DETECTORS).fetchall()
        (scale,) = cursor.execute(
            "SELECT obj_description('activity_sql.anomaly_severity'::regproc, 'pg_proc') AS text"
        ).fetchall()
    parts = [HEAD.format(severity=wrapped(f"`severity`: {scale['text']}"))]
    for detector in found:
        name, _, rest = detector["comment"].partition(". ")
        assert name == detector["name"]
        parts.append(f"## {name}\n")
        # What it sees, its thresholds and so on, each under its title.
        pieces = re.split(f"({'|'.join(TITLES)}): ", rest)
        assert pieces[0] == "", name
        assert tuple(pieces[1::2]) == TITLES, name
        for title, text in zip(TITLES, pieces[2::2], strict=True):
            parts.append(wrapped(f"**{title}**: {escaped(text.strip())}") + "\n")
    return "\n".join(parts)


def wrapped(text: str) -> str:
    return textwrap.fill(text, 100, break_long_words=False, break_on_hyphens=False)


def escaped(text: str) -> str:
    return re.sub(r"([\\*<])", r"\\\1", text)
