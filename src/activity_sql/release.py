"""A release: everything a deploy needs from disk, rendered for one Directus."""

from dataclasses import dataclass
from pathlib import Path

from activity_sql.errors import FindingsError
from activity_sql.jobs import Job, read_jobs
from activity_sql.lint import Finding, SqlFile, lint
from activity_sql.render import Definition, render
from activity_sql.settings import INDEX_PROFILES, Settings
from activity_sql.sources import Migration, read_sources, source_root


@dataclass(frozen=True)
class Release:
    """State migrations in order, the rendered definitions, and the jobs."""

    migrations: tuple[Migration, ...]
    definitions: tuple[Definition, ...]
    jobs: tuple[Job, ...] = ()


def load_release(settings: Settings, *, every_index: bool = False) -> Release:
    """Read and render the sources of this checkout or wheel; of the indexes the profile's.

    Raises:
        UsageError: a source is missing or malformed.
    """
    sources = read_sources(source_root())
    folders = INDEX_PROFILES[settings.indexes]
    templates = tuple(
        template
        for template in sources.templates
        if template.kind != "index" or every_index or Path(template.path).parent.name in folders
    )
    return Release(
        sources.migrations,
        render(templates, settings),
        read_jobs(source_root(), settings),
    )


def lint_release(release: Release) -> list[Finding]:
    """The findings of every rule over the rendered sources."""
    files: list[SqlFile] = []
    for migration in release.migrations:
        rollback_path = migration.path.replace(".sql", ".rollback.sql")
        files.append(SqlFile(migration.path, migration.text, "migration"))
        files.append(SqlFile(rollback_path, migration.rollback, "migration"))
    files += [
        SqlFile(definition.path, definition.sql, "definition") for definition in release.definitions
    ]
    return lint(files)


def load_linted_release(settings: Settings) -> Release:
    """A release that may be deployed.

    Raises:
        FindingsError: lint found something.
    """
    release = load_release(settings)
    if findings := lint_release(release):
        raise FindingsError(
            f"Lint has {len(findings)} finding(s), the first in {findings[0].path}:"
            f"{findings[0].line}: {findings[0].message}.",
            mend="Run `activity-sql lint` and correct them; nothing was changed.",
        )
    return release
