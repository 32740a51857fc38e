"""What the commands print: a few lines for a person, or JSON for a program."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, is_dataclass
from datetime import datetime
from operator import itemgetter
from pathlib import Path
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from activity_sql.catalog import DirectusDatabase, Installation
from activity_sql.db import Row
from activity_sql.demo import Demo
from activity_sql.deploy import Deployment
from activity_sql.doctor import Diagnosis
from activity_sql.errors import ActivitySqlError
from activity_sql.lint import Finding
from activity_sql.plan import Plan
from activity_sql.remove import Removal
from activity_sql.rollups import RollupCheck
from activity_sql.schedule import Scheduling

_NAMED_AT_MOST = 3
_FINDINGS_AT_MOST = 20
_REACH_DEMO = """
It runs on in {demo.directory}. Reach it with
  export DATABASE_URL={demo.url}
  {demo.psql} "$DATABASE_URL" -x -c "select * from get_ip_activity_stats(30, 1, 3)"
  make status
Stop it with
  make demo-stop"""
_DONE = {
    "apply": "applied",
    "create": "created",
    "adopt": "adopted",
    "replace": "replaced",
    "restore": "restored",
    "drop": "dropped",
    "build": "built",
}


def to_json(value: Any) -> str:
    """`value` (dataclasses, mappings, sequences, scalars) as indented JSON."""
    return json.dumps(value, default=_jsonable, indent=2, ensure_ascii=False)


def _jsonable(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Path):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")


def directus_line(directus: DirectusDatabase) -> str:
    """Where we are, in one line."""
    rows = directus.estimated_rows
    return (
        f"Directus in schema {directus.schema} of database {directus.database}, as "
        f"{directus.role}, PostgreSQL {directus.server_version}"
        + (f", about {rows:,} activity rows." if rows is not None else ".")
    )


def plan_lines(plan: Plan) -> list[str]:
    """What would happen."""
    lines = []
    for step in plan.steps:
        lines.append(f"  {step.action:<8} {step.object}  ({step.reason})")
        lines += [f"           {note}" for note in step.notes]
    for refusal in plan.refusals:
        lines += [f"  refused  {refusal.object} {refusal.cause}.", f"           {refusal.mend}"]
    if plan.refusals:
        return [*lines, "A migrate would stop here and change nothing."]
    if not lines:
        return [f"Nothing to do: {plan.unchanged} objects are up to date."]
    return [*lines, f"{len(plan.steps)} to do, {plan.unchanged} up to date. Nothing was changed."]


def deployment_lines(deployment: Deployment) -> list[str]:
    """What a deploy did."""
    plan = deployment.plan
    lines = [directus_line(deployment.directus)]
    for action, word in _DONE.items():
        names = [step.object for step in plan.steps if step.action == action]
        if names:
            lines.append(f"  {word:<8} {_enumeration(names)}")
    if plan.is_empty:
        lines.append(f"Nothing to do: {plan.unchanged} objects are up to date.")
    else:
        lines.append(f"Done and verified in {deployment.seconds:.1f} s.")
    return lines + scheduling_lines(deployment.scheduling)


def scheduling_lines(scheduling: Scheduling) -> list[str]:
    """Who runs the jobs, and what is wrong with that."""
    if scheduling.database is None:
        return ["No pg_cron here: `activity-sql worker` runs the jobs."]
    where = f"pg_cron in database {scheduling.database}"
    if scheduling.mend:
        return [
            f"{where} is not ours to use. As a superuser there, then `activity-sql migrate` again:",
            *(f"  {statement}" for statement in scheduling.mend),
        ]
    if scheduling.drift:
        return [
            f"{where} does not have the jobs of this release. `activity-sql migrate` mends it.",
            *(f"  {difference}" for difference in scheduling.drift),
        ]
    return [f"{where} runs {len(scheduling.jobs)} jobs; v_activity_jobs says how they went."]


def _enumeration(objects: Sequence[str]) -> str:
    if len(objects) <= _NAMED_AT_MOST:
        return ", ".join(objects)
    kinds = Counter(name.split(" ")[0] if " " in name else "migration" for name in objects)
    return ", ".join(f"{count} {kind}s" for kind, count in kinds.items())


def doctor_lines(found: Sequence[Diagnosis]) -> list[str]:
    """What is wrong, the worst first, each with its mend; what is fine in one line."""
    lines = []
    for one in sorted(found, key=lambda one: one.status != "CRIT"):
        if one.status != "OK":
            lines += [f"{one.status:<4} {one.check.id}: {one.check.what}", f"     {one.check.why}"]
            for said, mend in one.findings:
                lines += [f"     - {said}", f"       {mend}"]
    fine = [one.check.id for one in found if one.status == "OK"]
    return [*lines, f"OK   {', '.join(fine)}"]


def backtest_lines(fired: Sequence[Row], days: int) -> list[str]:
    """A line a day and detector, and how often each severity was told in all."""
    told: dict[tuple[str, str], list[str]] = {}
    totals: Counter[str] = Counter()
    for row in fired:
        told.setdefault((row["day"], row["detector"]), []).append(
            f"{row['times']} {row['severity']}"
        )
        totals[row["severity"]] += row["times"]
    lines = [f"{day}  {detector:<20}  {', '.join(said)}" for (day, detector), said in told.items()]
    order = ("critical", "high", "medium", "low")
    total = ", ".join(f"{totals[severity]} {severity}" for severity in order if totals[severity])
    return [*lines, f"In {days} days: {total or 'nothing'}."]


def status_lines(
    directus: DirectusDatabase, installation: Installation | None, plan: Plan
) -> list[str]:
    """What is deployed here, and whether it is what the sources say."""
    lines = [directus_line(directus)]
    if installation is None:
        return [*lines, "Not installed. `activity-sql migrate` installs it."]
    lines.append(
        f"Installed {installation.installed_at}, last changed {installation.changed_at} "
        f"by activity-sql {installation.tool_version}."
    )
    if plan.is_empty:
        return [*lines, f"Up to date: {plan.unchanged} objects."]
    return [*lines, *plan_lines(plan)]


def rollup_lines(status: Mapping[str, Any]) -> list[str]:
    """How far the rollups are and how big, what holds them back, and what is to be done."""
    tail, since = f"{status['tail_rows']:,} rows", status["folded_seconds_ago"]
    lines = ["Rollups: nothing is folded yet. `activity-sql refresh` does."]
    if since is not None:
        share = status["rollup_bytes"] / max(status["table_bytes"], 1)
        lines = [
            f"Rollups: settled up to id {status['settled_id'] or 0:,}, {tail} in the tail, "
            f"last folded {_duration(since)} ago; {_size(status['rollup_bytes'])}, "
            f"{share:.0%} of directus_activity."
        ]
    if status["archive_bytes"] and status["archive"]:
        lines.append(f"Archive: {_size(status['archive_bytes'])}.")
    holder = None
    if status["held_by_pid"]:
        holder = f"pid {status['held_by_pid']}, whose transaction"
    elif status["held_by_prepared"]:
        holder = f"the prepared transaction {status['held_by_prepared']!r}, which"
    if holder:
        since = status["held_seconds"]
        age = f" for {_duration(since)}" if since is not None else ""
        lines.append(f"Held back by {holder} is open{age}.")
    if status["rebuild_needed"]:
        lines.append("Folded with settings of before: `activity-sql refresh --rebuild`.")
    if status["broken"]:
        lines.append(f"The rollups stand still: {status['broken']}")
    return lines


def _duration(seconds: float) -> str:
    for size, unit in ((86400, "days"), (3600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"


def _size(size: int) -> str:
    return f"{size / 1e6:,.0f} MB" if size >= 1e6 else f"{size / 1e3:,.0f} kB"


def refresh_lines(
    *, folded_rows: int, settled_id: int | None, lag_rows: int, seconds: float
) -> list[str]:
    """What a refresh folded, and what it left."""
    return [
        f"Folded {folded_rows:,} rows in {seconds:.1f} s, settled up to id {settled_id or 0:,}; "
        f"{lag_rows:,} rows in the tail."
    ]


def dashboard_lines(rows: list[Row]) -> list[str]:
    """What was done to which table of Directus, and what users keep."""
    lines = [
        f"  {row['relation']}: {row['written']} written, {row['unchanged']} unchanged"
        + (f", {row['kept']} kept as you have them" if row["kept"] else "")
        for row in rows
    ]
    if any(row["kept"] for row in rows):
        lines.append("--reset puts these back as they come.")
    return ["Dashboards Activity, Security and Health, under Insights:", *lines]


def proof_lines(proof: RollupCheck) -> list[str]:
    """What differs between the rollups and what they were made from, and the mend."""
    lines = []
    if proof.pruned:
        lines.append(
            f"  {len(proof.pruned)} hours have fewer rows than were folded: those go on counting."
        )
    findings = [
        f"  {row['hour']}: {row['base_rows']} rows{' of action run' if row['is_run'] else ''}, "
        f"changed since {row['folded_rows']} were folded"
        for row in proof.changed
    ] + [f"  {row['month']}: {row['problem']}" for row in proof.problems]
    if not findings:
        return ["Rollups: what they were made from says the same.", *lines]
    hidden = len(findings) - _FINDINGS_AT_MOST
    return [
        f"Rollups: {len(findings)} findings.",
        *lines,
        *findings[:_FINDINGS_AT_MOST],
        *([f"  and {hidden} more; --json lists all"] if hidden > 0 else []),
        "SELECT * FROM activity_sql.reconcile_rollups() takes over what was changed;",
        "activity-sql refresh --rebuild --from … --to … counts a range again.",
    ]


def removal_lines(removal: Removal) -> list[str]:
    """What a rollback or an uninstall took out."""
    lines = []
    if removal.migrations:
        lines.append(f"  rolled back  {', '.join(removal.migrations)}")
    if removal.migrations and removal.data_kept:
        return [*lines, "Definitions are those of the sources again."]
    lines.append(f"  dropped      {_enumeration(removal.definitions) or 'no definitions'}")
    if removal.data_kept:
        return [
            *lines,
            "The schema activity_sql stays with its tables; migrate goes on from there.",
        ]
    return [*lines, 'Nothing of activity-sql is left but the index on "timestamp", if it made it.']


def finding_lines(findings: Sequence[Finding], files: int) -> list[str]:
    """Lint's findings, clickable as path:line."""
    lines = [
        f"{finding.path}:{finding.line}: {finding.rule}: {finding.message}. {finding.mend}"
        for finding in findings
    ]
    return [*lines, f"{files} sources, {len(findings)} findings"]


def print_demo(demo: Demo) -> None:
    """The busiest addresses as a table of 80 columns, where the demo is, and how to go on."""
    console = Console(highlight=False)
    for line in deployment_lines(demo.deployment):
        console.print(line, soft_wrap=True, markup=False)
    console.print("\nSELECT * FROM get_ip_activity_stats(7, 10, 10);  -- some of its columns")
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("\nip", no_wrap=True)
    for name in ("total\nactions", "unique\nusers"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("\nmostly", no_wrap=True)
    for name in ("risk\nscore", "act.\nscore"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("risk\nlevel", no_wrap=True)
    for row in demo.addresses:
        most = max(row["action_breakdown"].items(), key=itemgetter(1))
        table.add_row(
            row["ip"],
            f"{row['total_actions']:,}",
            str(row["unique_users"]),
            f"{most[0]} {most[1]:,}",
            str(row["risk_score"]),
            str(row["activity_score"]),
            row["risk_level"],
        )
    console.print(table)
    console.print(_REACH_DEMO.format(demo=demo), soft_wrap=True, markup=False)


def error_lines(error: ActivitySqlError) -> list[str]:
    """The cause, then the mend."""
    return [f"Error: {error.cause}", *([error.mend] if error.mend else [])]
