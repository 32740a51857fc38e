"""The command line: arguments in, one call, lines or JSON out."""

import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import wraps
from inspect import Signature, signature
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from activity_sql import bench, dashboards, doctor, maintain, report, rollups
from activity_sql import demo as demos
from activity_sql.backtest import backtest
from activity_sql.bench import report as bench_report
from activity_sql.bench.advice import explain_lines
from activity_sql.bench.measure import explain_function
from activity_sql.bundle import bundle
from activity_sql.catalog import find_directus, read_installation
from activity_sql.db import connect, tool_transaction
from activity_sql.deploy import deploy, preview, verify
from activity_sql.errors import ActivitySqlError, ExitCode, UsageError
from activity_sql.generate import PROFILES
from activity_sql.jobs import read_jobs
from activity_sql.populate import T, Watch, populate
from activity_sql.release import lint_release, load_linted_release, load_release
from activity_sql.remove import rollback as roll_back
from activity_sql.remove import uninstall
from activity_sql.schedule import inspect
from activity_sql.settings import Settings, load_settings_from_process
from activity_sql.sources import source_root
from activity_sql.worker import Worker

app = typer.Typer(
    name="activity-sql",
    help="Exact analytics on Directus's activity log, deployed as versioned SQL.",
    add_completion=False,
    pretty_exceptions_enable=False,
)

dashboards_app = typer.Typer(help="The dashboards in Directus.", no_args_is_help=True)
app.add_typer(dashboards_app, name="dashboards")

_TIME = "%Y-%m-%dT%H:%M:%S%z"

DatabaseUrl = Annotated[
    str | None, typer.Option(help="libpq URL or keywords; beats DATABASE_URL, DB_* and PG*.")
]
Schema = Annotated[str | None, typer.Option(help="The schema of Directus's tables [public].")]
EnvFile = Annotated[Path | None, typer.Option(help="Directus's .env, for its DB_* [./.env].")]
Config = Annotated[Path | None, typer.Option(help="Settings file [./activity-sql.toml].")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Repair = Annotated[
    bool, typer.Option("--repair", help="Restore what was changed by hand instead of refusing.")
]


def _settings(
    database_url: DatabaseUrl = None,
    schema: Schema = None,
    env_file: EnvFile = None,
    config: Config = None,
) -> Settings:
    return load_settings_from_process(
        database_url=database_url, directus_schema=schema, env_file=env_file, toml_file=config
    )


def _on_database(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options of `_settings`, after its own, in place of `settings`."""
    options = signature(_settings).parameters
    own = [item for item in signature(command).parameters.values() if item.name != "settings"]

    @wraps(command)
    def run(**arguments: Any) -> None:
        settings = _settings(**{name: arguments.pop(name) for name in options})
        command(settings, **arguments)

    # What typer reads the options from.
    run.__signature__ = Signature([*own, *options.values()])  # type: ignore[attr-defined]
    return run


@app.command()
@_on_database
def migrate(settings: Settings, repair: Repair = False, json: Json = False) -> None:
    """Render, lint, plan, apply in one transaction, verify."""
    release = load_linted_release(settings)
    with connect(settings) as connection:
        deployment = deploy(connection, release, settings, repair=repair)
    _print(deployment, report.deployment_lines(deployment), json=json)


@app.command()
@_on_database
def plan(settings: Settings, repair: Repair = False, json: Json = False) -> None:
    """Show what migrate would do, and touch nothing. Exit code 2 where it would refuse."""
    release = load_linted_release(settings)
    with connect(settings) as connection:
        directus, planned = preview(connection, release, settings, repair=repair)
    lines = [report.directus_line(directus), *report.plan_lines(planned)]
    _print({"directus": directus, "plan": planned}, lines, json=json)
    if planned.refusals:
        raise typer.Exit(ExitCode.FINDINGS)


@app.command()
@_on_database
def status(settings: Settings, json: Json = False) -> None:
    """Say what is deployed, how far the rollups are, and what pg_cron has of the jobs.

    Exit code 2 where that is not what the sources say, or the rollups stand still.
    """
    release = load_release(settings)
    with connect(settings) as connection:
        directus, planned = preview(connection, release, settings)
        with tool_transaction(connection):
            installation = read_installation(connection)
            kept = rollups.read_status(connection) if installation else None
        jobs = inspect(connection, settings, release.jobs) if installation else None
    lines = report.status_lines(directus, installation, planned)
    lines += report.scheduling_lines(jobs) if jobs else []
    lines += report.rollup_lines(kept) if kept else []
    body = {
        "directus": directus,
        "installation": installation,
        "plan": planned,
        "rollups": kept,
        "scheduling": jobs,
    }
    _print(body, lines, json=json)
    if not planned.is_empty or (kept and kept["broken"]) or (jobs and jobs.drift):
        raise typer.Exit(ExitCode.FINDINGS)


@app.command(name="doctor")
@_on_database
def doctor_command(settings: Settings, json: Json = False) -> None:
    """Say what is wrong now, why it matters, and the mend. Exit code 2 on any WARN or CRIT."""
    checks = doctor.read_checks(source_root(), settings)
    with connect(settings) as connection:
        found = [doctor.examine(connection, check) for check in checks]
    _print(found, report.doctor_lines(found), json=json)
    if any(one.status != "OK" for one in found):
        raise typer.Exit(ExitCode.FINDINGS)


@app.command(name="backtest")
@_on_database
def backtest_command(
    settings: Settings,
    days: Annotated[int, typer.Option(min=1, max=3650, help="Whole UTC days back.")] = 90,
    threshold: Annotated[
        float, typer.Option(min=0.1, max=100, help="As p_stddev_threshold.")
    ] = 3.0,
    json: Json = False,
) -> None:
    """Say what the detectors would have said, day by day, of the rows that are there."""
    with connect(settings) as connection:
        fired = backtest(connection, settings, days, threshold)
    _print(fired, report.backtest_lines(fired, days), json=json)


@app.command(name="verify")
@_on_database
def verify_command(
    settings: Settings,
    of_rollups: Annotated[
        bool, typer.Option("--rollups", help="Prove the rollups too: counts every row again.")
    ] = False,
    json: Json = False,
) -> None:
    """Prove that the database is what the sources say. Exit code 2 where it is not."""
    release = load_linted_release(settings)
    with connect(settings) as connection:
        warnings = verify(connection, release, settings)
        proof = rollups.check(connection) if of_rollups else None
    if warnings is None:
        lines = ["Verified: every object is as deployed. Bodies: no plpgsql_check here."]
    else:
        lines = ["Verified: every object is as deployed, and plpgsql_check finds no error."]
        lines += [f"  {warning}" for warning in warnings]
    body: dict[str, Any] = {
        "verified": not (proof and proof.has_findings),
        "bodies_checked": warnings is not None,
        "warnings": warnings or (),
    }
    if proof:
        body["rollups"] = proof
        lines += report.proof_lines(proof)
    _print(body, lines, json=json)
    if proof and proof.has_findings:
        raise typer.Exit(ExitCode.FINDINGS)


@app.command()
@_on_database
def refresh(
    settings: Settings,
    max_rows: Annotated[
        int, typer.Option(min=1, help="Rows per step; each is committed by itself.")
    ] = 500_000,
    rebuild: Annotated[
        bool, typer.Option("--rebuild", help="Count the rows that are there again.")
    ] = False,
    start: Annotated[
        datetime | None,
        typer.Option("--from", formats=[_TIME], help="Rebuild from the start of that hour."),
    ] = None,
    end: Annotated[
        datetime | None,
        typer.Option("--to", formats=[_TIME], help="Rebuild to the end of that hour."),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    json: Json = False,
) -> None:
    """Fold what has settled, and publish it for Directus. Killed, it goes on from the last step."""
    if rebuild:
        if not yes:
            _ask("This forgets what is no longer in directus_activity or the archive. Rebuild?")
        with connect(settings) as connection:
            counted = rollups.rebuild(connection, start, end)
        _print({"counted_rows": counted}, [f"Counted {counted:,} rows again."], json=json)
        return
    if start or end:
        raise UsageError("Only a rebuild has a range.", mend="Give --rebuild with --from and --to.")
    started, folded = time.monotonic(), 0
    with _bar(json) as bar, connect(settings) as connection:
        task = bar.add_task("Folding", total=None)
        for step in rollups.refresh(connection, settings, max_rows):
            folded += step["folded_rows"]
            bar.update(task, completed=folded, total=folded + step["lag_rows"])
        rollups.publish(connection)
    body = {
        "folded_rows": folded,
        "settled_id": step["settled_id"],
        "lag_rows": step["lag_rows"],
        "seconds": round(time.monotonic() - started, 3),
    }
    _print(body, report.refresh_lines(**body), json=json)


@app.command()
@_on_database
def worker(
    settings: Settings,
    health_file: Annotated[
        Path | None, typer.Option(help="File for its state as JSON, written every 10 s.")
    ] = None,
    once: Annotated[bool, typer.Option("--once", help="Run every job now, and end.")] = False,
) -> None:
    """Run the jobs of sql/schedules at their times, until SIGTERM. One leads, others stand by.

    Exit code 2 where --once saw a job fail.
    """
    jobs = read_jobs(source_root(), settings)
    one = Worker(
        settings, jobs, lambda line: typer.echo(line, err=True), None if once else health_file
    )
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, one.stop)
    if not once:
        one.work()
    elif not one.run_once():
        raise typer.Exit(ExitCode.FINDINGS)


@app.command(name="maintain")
@_on_database
def maintain_command(
    settings: Settings,
    min_bloat: Annotated[
        int, typer.Option(min=0, max=100, help="Rebuild indexes this empty, in percent.")
    ] = 30,
    json: Json = False,
) -> None:
    """Do the nightly tasks now, REINDEX CONCURRENTLY bloated indexes, and VACUUM.

    Exit code 2 where a task failed.
    """
    with connect(settings) as connection:
        done = list(maintain.maintain(connection, settings, min_bloat))
    lines = [f"{one.task}: {one.detail} ({one.duration_ms:.0f} ms)" for one in done]
    _print(done, lines, json=json)
    if any(one.detail.startswith("failed") for one in done):
        raise typer.Exit(ExitCode.FINDINGS)


@app.command()
def render(
    out: Annotated[Path, typer.Option(help="Folder for the rendered files.")] = Path("build/sql"),
    schema: Schema = None,
    config: Config = None,
    json: Json = False,
) -> None:
    """Write every migration and definition as the database would get it, named by yoyo's id."""
    release = load_release(_settings(schema=schema, config=config))
    texts = {f"{migration.name}.sql": migration.text for migration in release.migrations}
    texts |= {
        f"{definition.migration_id}.sql": definition.sql for definition in release.definitions
    }
    try:
        out.mkdir(parents=True, exist_ok=True)
        for old in out.glob("*.sql"):
            old.unlink()
        for name, text in texts.items():
            (out / name).write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(
            f"{out} cannot be written: {error}.", mend="Name another --out."
        ) from error
    _print(
        {"folder": str(out), "files": sorted(texts)},
        [f"Wrote {len(texts)} files to {out}."],
        json=json,
    )


@app.command()
@_on_database
def rollback(
    settings: Settings,
    to: Annotated[
        str | None, typer.Option(help="The migration to end at, by number or name [one back].")
    ] = None,
    json: Json = False,
) -> None:
    """Roll state back, and make the definitions from the sources again; all or nothing."""
    release = load_linted_release(settings)
    with connect(settings) as connection:
        removal, planned = roll_back(connection, release, settings, to)
    lines = report.removal_lines(removal)
    _print({"removal": removal, "plan": planned}, lines, json=json)


@app.command(name="uninstall")
@_on_database
def uninstall_command(
    settings: Settings,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    keep_data: Annotated[
        bool, typer.Option("--keep-data", help="Leave the schema activity_sql with its tables.")
    ] = False,
    json: Json = False,
) -> None:
    """Take everything out but the index on "timestamp", which Directus relies on."""
    if not yes and not keep_data:
        _ask("This destroys what activity-sql keeps, history included. Uninstall?")
    with connect(settings) as connection:
        removal = uninstall(connection, settings, keep_data=keep_data)
    _print(removal, report.removal_lines(removal), json=json)


@dashboards_app.command(name="install")
@_on_database
def install_dashboards(
    settings: Settings,
    reset: Annotated[
        bool, typer.Option("--reset", help="Overrule what users changed or deleted.")
    ] = False,
    json: Json = False,
) -> None:
    """Put dashboards, and a policy that may read them, into Directus; again to update them."""
    with connect(settings) as connection:
        rows = dashboards.install(connection, reset=reset)
    _print(rows, report.dashboard_lines(rows), json=json)


@dashboards_app.command(name="remove")
@_on_database
def remove_dashboards(settings: Settings, json: Json = False) -> None:
    """Take them out again."""
    with connect(settings) as connection:
        rows = dashboards.remove(connection)
    removed = sum(row["removed"] for row in rows)
    _print(rows, [f"Removed {removed} rows of ours from Directus's tables."], json=json)


@app.command(name="bundle")
def bundle_command(
    out: Annotated[Path | None, typer.Option(help="The file to write [standard output].")] = None,
    schema: Schema = None,
    config: Config = None,
) -> None:
    """Write one file that installs everything with psql alone."""
    settings = _settings(schema=schema, config=config)
    text = bundle(load_linted_release(settings), settings)
    if out is None:
        typer.echo(text, nl=False)
        return
    try:
        out.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(
            f"{out} cannot be written: {error}.", mend="Name another --out."
        ) from error


@app.command()
def lint(schema: Schema = None, config: Config = None, json: Json = False) -> None:
    """Check the rendered SQL against the rules of docs/lint.md. Exit code 2 with findings."""
    release = load_release(_settings(schema=schema, config=config), every_index=True)
    findings = lint_release(release)
    files = len(release.migrations) + len(release.definitions)
    _print({"files": files, "findings": findings}, report.finding_lines(findings, files), json=json)
    if findings:
        raise typer.Exit(ExitCode.FINDINGS)


@app.command()
def demo(
    directory: Annotated[
        Path | None,
        typer.Option(help="Where its data lives [<temporary folder>/activity-sql-demo]."),
    ] = None,
    stop: Annotated[bool, typer.Option("--stop", help="Stop it; the data stays.")] = False,
    json: Json = False,
) -> None:
    """Start an embedded PostgreSQL with 100,000 activity rows, migrate it, and ask it something."""
    directory = directory or demos.default_directory()
    if stop:
        stopped = demos.stop_demo(directory)
        said = f"Stopped the demo in {directory}." if stopped else "No demo is running."
        _print({"stopped": stopped}, [said], json=json)
        return
    with _progress(json) as watch:
        running = demos.run_demo(directory, watch)
    if json:
        typer.echo(report.to_json(running))
    else:
        report.print_demo(running)


@app.command()
@_on_database
def generate(
    settings: Settings,
    profile: Annotated[Literal["small", "medium", "large"], typer.Option()] = "small",
    seed: Annotated[int, typer.Option(help="Another seed, other rows.")] = 1,
    until: Annotated[
        datetime, typer.Option(formats=[_TIME], help="Where the rows end.")
    ] = datetime(2026, 1, 1, tzinfo=UTC),
    attacks: Annotated[
        float | None,
        typer.Option(help="Plant incidents of so many times their subject's own peak hour."),
    ] = None,
    labels: Annotated[
        Path | None, typer.Option(help="File for the labels, JSON lines [./labels.jsonl].")
    ] = None,
    append: Annotated[bool, typer.Option("--append", help="Add to rows that are there.")] = False,
    json: Json = False,
) -> None:
    """Write made-up activity and its users: 100,000 rows of 30 days, or 1 or 10 million of a year.

    Only where directus_activity is empty, unless --append is given. All rows or none.
    """
    if labels and attacks is None:
        raise UsageError(f"Nothing to label in {labels}.", mend="Give --attacks with --labels.")
    rows, days = PROFILES[profile]
    with _progress(json) as watch, connect(settings) as connection, connection.transaction():
        find_directus(connection, settings).refuse_standby()
        made = populate(
            connection,
            rows=rows,
            days=days,
            until=until,
            seed=seed,
            attacks=attacks,
            schema=settings.directus_schema,
            append=append,
            watch=watch,
        )
        if attacks is not None:
            labels = labels or Path("labels.jsonl")
            _write_text(labels, made.label_lines())
    lines = [f"Wrote {made.rows:,} activity rows and {made.users} users."]
    if labels:
        planted = sum(label["rows"] for label in made.labels)
        lines.append(f"{planted:,} of them are planted: {len(made.labels)} labels in {labels}.")
    body = {"rows": made.rows, "users": made.users, "labels": labels}
    _print(body, lines, json=json)


@app.command(name="bench")
def bench_command(
    profile: Annotated[str, typer.Option(help="small, medium or large.")] = "medium",
    peers: Annotated[bool, typer.Option("--peers", help="Beside DuckDB and ClickHouse.")] = False,
    growth: Annotated[
        int | None, typer.Option(help="Measure the growth from 1,000 up to so many rows.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Folder for JSON, Markdown and HTML.")] = None,
    save: Annotated[Path | None, typer.Option(help="File for the run as JSON.")] = None,
    baseline: Annotated[Path | None, typer.Option(help="A saved run to compare with.")] = None,
    directory: Annotated[
        Path | None, typer.Option(help="The server's data [<temporary folder>/activity-sql-bench].")
    ] = None,
    json: Json = False,
) -> None:
    """Measure the queries of sql/queries on a private server. Exit code 2 over budget."""
    before = _read_text(baseline) if baseline else None
    run = bench.run_bench(
        directory or Path(tempfile.gettempdir()) / "activity-sql-bench",
        bench.Scope(profile, peers=peers, growth_to=growth),
        lambda step: typer.echo(f"... {step}", err=True),
    )
    if before is not None:
        run = bench_report.against(run, before)
    if save:
        _write_text(save, bench_report.to_json(run))
    if out:
        bench_report.write(run, out)
    typer.echo(bench_report.to_json(run) if json else "\n".join(bench_report.to_lines(run)))
    if run.breaches:
        raise typer.Exit(ExitCode.FINDINGS)


@app.command()
@_on_database
def explain(
    settings: Settings,
    name: Annotated[str, typer.Argument(help="A public function.")],
    arguments: Annotated[list[str] | None, typer.Argument(help="Its arguments, in order.")] = None,
    json: Json = False,
) -> None:
    """Run one function and say what it read, how, and whether that is right."""
    with connect(settings) as connection:
        with tool_transaction(connection):
            find_directus(connection, settings)
        plans = explain_function(connection, settings, name, arguments or [])
    _print(plans, explain_lines(plans), json=json)


def _read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} cannot be read: {error}.", mend="Name another file.") from error


def _write_text(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(
            f"{path} cannot be written: {error}.", mend="Name another file."
        ) from error


@contextmanager
def _progress(json: bool) -> Iterator[Watch]:
    with _bar(json) as bar:

        def watch(items: Iterable[T], total: int, doing: str, /) -> Iterable[T]:
            return bar.track(items, total=total, description=doing)

        yield watch


def _bar(json: bool) -> Progress:
    """A bar on a terminal; nothing elsewhere."""
    console = Console(stderr=True)
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        disable=json or not console.is_terminal,
    )


def _ask(question: str) -> None:
    if not sys.stdin.isatty():
        raise UsageError(question, mend="Pass --yes to answer it where nobody can be asked.")
    typer.confirm(question, abort=True)


def _print(value: Any, lines: list[str], *, json: bool) -> None:
    typer.echo(report.to_json(value) if json else "\n".join(lines))


def main() -> None:
    """Run the command line; every error of ours ends in its exit code, without a stack trace."""
    arguments = sys.argv[1:] or ["--help"]
    try:
        code = app(arguments, standalone_mode=False)
    except typer.TyperException as error:
        code = _fail(
            UsageError(error.format_message(), mend="Run `activity-sql --help`."), arguments
        )
    except ActivitySqlError as error:
        code = _fail(error, arguments)
    except typer.Abort:
        code = ExitCode.USAGE
    sys.exit(code or ExitCode.OK)


def _fail(error: ActivitySqlError, arguments: list[str]) -> ExitCode:
    if "--json" in arguments:
        body = {"cause": error.cause, "mend": error.mend, "exit_code": int(error.exit_code)}
        typer.echo(report.to_json({"error": body}))
    else:
        typer.echo("\n".join(report.error_lines(error)), err=True)
    return error.exit_code
