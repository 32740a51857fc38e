"""What the rollups hold, and which rows an answer is made of, in plain Python over raw rows.

Imports nothing of the package: the contract is written here a second time. What is answered from
those rows is said by tests/oracle.py.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from tests.oracle import Activity

# What stands for -infinity and infinity: Python has no such datetime.
PAST = datetime.min.replace(tzinfo=UTC)
FUTURE = datetime.max.replace(tzinfo=UTC)
HOUR = timedelta(hours=1)

Table = Mapping[int, Activity]  # directus_activity by id
Row = tuple[int, Activity]


def hour_of(moment: datetime) -> datetime:
    if moment in (PAST, FUTURE):
        return moment
    return moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def day_start(day: date, time_zone: str) -> datetime:
    """The first moment of a day: the first midnight of two, or the end of the gap over it."""
    return datetime.combine(day, time(), ZoneInfo(time_zone)).astimezone(UTC)


@dataclass(frozen=True)
class Basis:
    """How rows are counted: whose days, and which rows not at all."""

    time_zone: str = "UTC"
    excluded_actions: frozenset[str] = frozenset()
    excluded_users: frozenset[UUID] = frozenset()

    def counts(self, row: Activity) -> bool:
        return row.action not in self.excluded_actions and row.user not in self.excluded_users


@dataclass(frozen=True)
class Edge:
    """One end of a window, the bucket it cuts, and the rows that tell both sides apart.

    Both ends of the bucket are the moment itself where nothing is cut.
    """

    moment: datetime
    bucket_from: datetime
    bucket_to: datetime
    rows: tuple[Activity, ...] = ()


class HoursDroppedError(Exception):
    """A rebuild needs hours that are no longer kept."""


class RowsStillThereError(Exception):
    """Ids cannot begin again while rows are there that were folded."""


class IdsBeganAgainError(Exception):
    """The sequence has drawn fewer ids than were seen."""


Part = tuple[datetime, bool]  # an hour, and whether of action run: the two that retention deletes


def _part(row: Row) -> Part:
    return hour_of(row[1].timestamp), row[1].action == "run"


def _by_part(rows: Iterable[Row]) -> dict[Part, list[Row]]:
    parts: dict[Part, list[Row]] = defaultdict(list)
    for row in rows:
        parts[_part(row)].append(row)
    return parts


def _same(rows: list[Row], others: list[Row]) -> bool:
    """But for the item, which nothing counts."""
    some, more = (Counter((n, replace(row, item="")) for n, row in of) for of in (rows, others))
    return some == more


def _there(table: Table, number: int, copy: Activity) -> bool:
    """Whether the row of an archived copy is still there, or another one that took its id."""
    row = table.get(number)
    return row is not None and (
        row.timestamp == copy.timestamp
        or (row.collection, row.item) == (copy.collection, copy.item)
    )


@dataclass
class Rollups:
    """Lists are replaced, never changed in place: a copy is a snapshot."""

    folded: list[Row] = field(default_factory=list)
    archived: list[Row] = field(default_factory=list)
    settled_id: int | None = None
    candidate_id: int | None = None
    candidate_writers: frozenset[str] | None = None
    hours_since: datetime = PAST
    late_hours: frozenset[datetime] = frozenset()  # older ones that were folded since
    vague_hours: frozenset[datetime] = frozenset()  # without the moments of their rows
    basis: Basis = Basis()
    wanted: Basis = Basis()
    deleted_rows: str = "keep"
    archive: bool = False
    hours_kept_days: int = 400

    # What is folded when

    def refresh(self, table: Table, last_drawn: int, writers: frozenset[str], most: int) -> int:
        """Fold at most so many rows of what has settled; return how many were counted."""
        if self.ids_began_again(last_drawn):
            raise IdsBeganAgainError
        target = self._settle(last_drawn, writers)
        if target is None or (self.settled_id is not None and target <= self.settled_id):
            return 0
        waiting = sorted(number for number in table if self._in_tail(number) and number <= target)
        last = waiting[most - 1] if len(waiting) >= most else target
        rows = [(number, table[number]) for number in waiting if number <= last]
        if self.archive:
            self.archived = self.archived + rows
        counted = [row for row in rows if self.basis.counts(row[1])]
        hours = {hour_of(row.timestamp) for _, row in counted}
        self._folded_again(hours, self.folded)
        self.folded = self.folded + counted
        self.late_hours |= {hour for hour in hours if hour < self.hours_since}
        self.settled_id = last
        if last < target:
            self.candidate_id, self.candidate_writers = target, frozenset()
        return len(counted)

    def _settle(self, last_drawn: int, writers: frozenset[str]) -> int | None:
        """The id up to which no row can appear any more.

        The last one drawn, if nobody writes; else the last one drawn when the candidate was
        chosen, once all who wrote at that time have ended.
        """
        if not writers:
            self.candidate_id, self.candidate_writers = None, None
            return last_drawn
        if self.candidate_writers is not None and self.candidate_writers & writers:
            return self.settled_id
        settled = self.settled_id if self.candidate_writers is None else self.candidate_id
        self.candidate_id, self.candidate_writers = last_drawn, writers
        return settled

    def reconcile(
        self, table: Table, start: datetime | None, end: datetime | None
    ) -> list[tuple[datetime, bool, int, int, str]]:
        """Hour, whether of run, rows that are there, rows that were folded, what was done."""
        start = max(hour_of(start or PAST), self.hours_since)
        there = _by_part(row for row in self._settled(table) if self.basis.counts(row[1]))
        folded = _by_part(self.folded)
        report = []
        for part in sorted(there.keys() | folded.keys()):
            hour, is_run = part
            now, was = there.get(part, []), folded.get(part, [])
            if hour < start or (end is not None and hour >= end) or _same(now, was):
                continue
            kept = self.deleted_rows == "keep" and len(now) < len(was)
            report.append((hour, is_run, len(now), len(was), "kept" if kept else "refolded"))
            if not kept:
                others = [row for row in self.folded if _part(row) != part]
                self._folded_again({hour}, others)
                self.folded = others + now
                if self.archive:
                    again = [row for row in self._settled(table) if _part(row) == part]
                    self.archived = [
                        row
                        for row in self.archived
                        if _part(row) != part
                        or not (self.basis.counts(row[1]) or _there(table, *row))
                    ] + again
        return report

    def ids_began_again(self, last_drawn: int) -> bool:
        seen = [number for number in (self.settled_id, self.candidate_id) if number is not None]
        return last_drawn < max(seen, default=last_drawn)

    def rebuild(
        self, table: Table, last_drawn: int, start: datetime | None, end: datetime | None
    ) -> int:
        """Count what is there now, in whole hours; return how many rows."""
        if start is None and end is None:
            if self.ids_began_again(last_drawn):
                self._forget_ids(table)
            self.hours_since = PAST
            self.late_hours = frozenset()
            self.basis = self.wanted
        first = self.hours_since if start is None else hour_of(start)
        last = FUTURE if end is None else hour_of(end - timedelta(microseconds=1))
        if first < self.hours_since:
            raise HoursDroppedError
        if self.settled_id is None:
            return 0
        there = self._settled(table)
        if self.archive:
            there += [row for row in self.archived if not _there(table, *row)]
        counted = [
            row
            for row in there
            if first <= hour_of(row[1].timestamp) <= last and self.basis.counts(row[1])
        ]
        self.folded = [
            row for row in self.folded if not first <= hour_of(row[1].timestamp) <= last
        ] + counted
        self._folded_again({hour for hour in self.vague_hours if first <= hour <= last}, [])
        if self.archive:
            self.archived = [
                row
                for row in self.archived
                if not (first <= hour_of(row[1].timestamp) <= last and _there(table, *row))
            ] + [row for row in self._settled(table) if first <= hour_of(row[1].timestamp) <= last]
        return len(counted)

    def forget_moments(self) -> None:
        """As in hours that 0.1.0 folded."""
        self.vague_hours = frozenset(hour_of(row.timestamp) for _, row in self.folded)

    def _folded_again(self, hours: set[datetime], stayed: list[Row]) -> None:
        """Hours get their moments but where a cell that stayed has rows whose nobody knows."""
        cells = Counter(
            (hour_of(row.timestamp), row.ip, row.user, row.collection, row.action)
            for _, row in stayed
            if hour_of(row.timestamp) in hours
        )
        unknown = {cell[0] for cell, rows in cells.items() if rows > 2}
        self.vague_hours -= hours - unknown

    def drop_old_hours(self, now: datetime) -> None:
        """Hours go by whole months of the time zone."""
        zone = self.basis.time_zone
        oldest = (now - timedelta(days=self.hours_kept_days)).astimezone(ZoneInfo(zone)).date()
        since = day_start(oldest.replace(day=1), zone)
        kept = {hour_of(row.timestamp) for _, row in self.folded}
        kept = self.late_hours | {hour for hour in kept if hour >= self.hours_since}
        if any(hour < since for hour in kept):
            self.hours_since = max(self.hours_since, since)
            self.late_hours = frozenset(hour for hour in self.late_hours if hour >= since)
            self.vague_hours = frozenset(hour for hour in self.vague_hours if hour >= since)

    def drop_old_archive(self, now: datetime, days: int) -> None:
        """Archived rows go by whole months of UTC."""
        oldest = (now - timedelta(days=days)).astimezone(UTC)
        since = oldest.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        self.archived = [row for row in self.archived if row[1].timestamp >= since]

    def restart_ids(self, table: Table, folded_at: datetime) -> None:
        """After the table was emptied together with its sequence."""
        if any(row.timestamp < folded_at for _, row in self._settled(table)):
            raise RowsStillThereError
        self._forget_ids(table)

    def _forget_ids(self, table: Table) -> None:
        """Everything in the table is new; what else is archived may have had the same ids."""
        self.archived = [
            (number - 2**40, row) for number, row in self.archived if not _there(table, number, row)
        ]
        self.settled_id = min([1, *table]) - 1
        self.candidate_id, self.candidate_writers = None, None

    def configure(self, **wanted: Any) -> None:
        """What rows are counted, and how, waits for a rebuild once any are."""
        for name, value in wanted.items():
            setattr(self, name, value)
        if self.settled_id is None:
            self.basis = self.wanted

    # Which rows an answer is made of

    def rows_in(self, table: Table, start: datetime, end: datetime | None) -> list[Activity]:
        """The rows of [start, end), without an upper bound where end is None."""
        tail = [
            row
            for number, row in table.items()
            if self._in_tail(number)
            and self.basis.counts(row)
            and start <= row.timestamp
            and (end is None or row.timestamp < end)
        ]
        if self.settled_id is None:
            return tail
        first = self._edge(table, start)
        last = None if end is None else self._edge(table, end)
        if last is not None and first.bucket_to > last.bucket_from:  # nothing whole between them
            cut = [row for row in first.rows if first.moment <= row.timestamp < last.moment]
            return tail + cut
        cut = [row for row in first.rows if row.timestamp >= first.moment]
        if last is not None:
            cut += [row for row in last.rows if row.timestamp < last.moment]
        whole = [
            row
            for _, row in self.folded
            if first.bucket_to <= hour_of(row.timestamp)
            and (last is None or hour_of(row.timestamp) < last.bucket_from)
        ]
        return tail + cut + whole

    def _edge(self, table: Table, moment: datetime) -> Edge:
        start, end = self._bucket(moment)
        if start == moment:
            return Edge(moment, moment, moment)
        folded = tuple(row for _, row in self.folded if start <= hour_of(row.timestamp) < end)
        if moment >= self.hours_since and start not in self.vague_hours:
            return Edge(moment, start, end, folded)
        for source in (self._settled(table), self.archived):
            there = tuple(
                row for _, row in source if self.basis.counts(row) and start <= row.timestamp < end
            )
            if len(there) == len(folded):
                return Edge(moment, start, end, there)
        return Edge(end, end, end)

    def _bucket(self, moment: datetime) -> tuple[datetime, datetime]:
        """The hour; before hours_since the day."""
        if moment >= self.hours_since:
            return hour_of(moment), hour_of(moment) + HOUR
        zone = self.basis.time_zone
        day = moment.astimezone(ZoneInfo(zone)).date()
        return day_start(day, zone), day_start(day + timedelta(days=1), zone)

    def _in_tail(self, number: int) -> bool:
        return self.settled_id is None or number > self.settled_id

    def _settled(self, table: Table) -> list[Row]:
        return [row for row in table.items() if not self._in_tail(row[0])]
