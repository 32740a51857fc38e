"""Let a connection read and write -infinity and infinity, which Python's datetime has not."""

from datetime import UTC, date, datetime

import psycopg
from psycopg.types.datetime import DateLoader, DatetimeDumper, TimestamptzLoader

from tests.rollup_oracle import FUTURE, PAST

NAMES = {PAST: b"-infinity", FUTURE: b"infinity"}
MOMENTS = {name: moment for moment, name in NAMES.items()}


class Dumper(DatetimeDumper):
    def dump(self, moment: datetime) -> bytes:
        return NAMES.get(moment) or bytes(super().dump(moment))


class Loader(TimestamptzLoader):
    def load(self, text: bytes) -> datetime:
        return MOMENTS.get(bytes(text)) or super().load(text).astimezone(UTC)


class DayLoader(DateLoader):
    def load(self, text: bytes) -> date:
        moment = MOMENTS.get(bytes(text))
        return moment.date() if moment else super().load(text)


def allow_infinity(connection: psycopg.Connection) -> None:
    """PAST and FUTURE stand for them, and their dates."""
    connection.adapters.register_dumper(datetime, Dumper)
    connection.adapters.register_loader("timestamptz", Loader)
    connection.adapters.register_loader("date", DayLoader)
