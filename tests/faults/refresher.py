"""Refreshes the rollups again and again until it is killed; the naive fold beside them."""

import os
import random
import sys
import time

import psycopg

REFRESH = "SELECT folded_rows, more FROM refresh_activity_rollups(%s)"


def refresh(connection: psycopg.Connection, dice: random.Random) -> None:
    # All that has settled, or a part of it.
    max_rows = dice.choice((500000, 500000, int(10 ** dice.uniform(0, 4))))
    with connection.transaction():
        folded, more = connection.execute(REFRESH, [max_rows]).fetchone()
        if folded:
            connection.execute("INSERT INTO fold_log VALUES (%s, %s)", [folded, more])
        time.sleep(dice.choice((0, 0, 0.02)))
    with connection.transaction():
        connection.execute("SELECT refresh_naively()")


def main(name: str) -> None:
    dice = random.Random(name)
    with psycopg.connect(os.environ["DATABASE_URL"], application_name=name) as connection:
        try:
            while True:
                refresh(connection, dice)
        except psycopg.OperationalError:
            if not connection.broken:
                raise


if __name__ == "__main__":
    main(sys.argv[1])
