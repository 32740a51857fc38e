"""Templates become definitions: SQL as a person would have written it, with its identity."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter

import jinja2

from activity_sql.errors import UsageError
from activity_sql.settings import Settings
from activity_sql.sources import Template
from activity_sql.statements import created_in, names_used

# yoyo keeps 255 characters of an id; a name has at most 63.
_HASH_LENGTH = 16


class _Sql(str):
    """Text that is safe in SQL as it stands."""


@dataclass(frozen=True)
class Definition:
    """A rendered definition.

    `migration_id` names it to yoyo and carries the hash of its text: another text is another
    migration.
    """

    kind: str
    name: str
    path: str
    sql: str

    @property
    def object(self) -> str:
        """What people call it: `function get_ip_activity_stats`."""
        return f"{self.kind} {self.name}"

    @property
    def schema(self) -> str | None:
        """The schema of what it creates."""
        return created_in(self.sql)

    @property
    def checksum(self) -> str:
        return checksum(self.sql)

    @property
    def migration_id(self) -> str:
        return f"{self.kind}.{self.name}.{self.checksum[:_HASH_LENGTH]}"


def checksum(text: str) -> str:
    """SHA-256 of a source text, in hex."""
    return hashlib.sha256(text.encode()).hexdigest()


def quote_identifier(value: str) -> str:
    """`value` as a quoted SQL identifier."""
    return '"' + value.replace('"', '""') + '"'


def quote_literal(value: str) -> str:
    """`value` as an SQL string literal, whatever standard_conforming_strings says."""
    quoted = "'" + value.replace("'", "''").replace("\\", "\\\\") + "'"
    return f" E{quoted}" if "\\" in value else quoted


def render(templates: tuple[Template, ...], settings: Settings) -> tuple[Definition, ...]:
    """Render every template with the settings, each after those whose names it uses.

    Raises:
        UsageError: a template is malformed, names an unknown variable, puts a value into SQL
            without the filter `ident` or `literal`, or definitions need each other.
    """
    by_name = {
        template.name: Definition(
            template.kind,
            template.name,
            template.path,
            render_text(template.text, template.path, settings),
        )
        for template in templates
    }
    graph = {
        name: sorted((names_used(item.sql) & by_name.keys()) - {name})
        for name, item in by_name.items()
    }
    try:
        return tuple(by_name[name] for name in TopologicalSorter(graph).static_order())
    except CycleError as error:
        raise UsageError(
            f"These definitions need each other: {', '.join(error.args[1])}.",
            mend="Let one of them name the others in a string body only.",
        ) from error


def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        undefined=jinja2.StrictUndefined,
        finalize=_only_quoted,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701 - the output is SQL; `finalize` refuses what is not quoted
    )
    environment.filters["ident"] = lambda value: _Sql(quote_identifier(str(value)))
    environment.filters["literal"] = lambda value: _Sql(quote_literal(str(value)))
    return environment


def _only_quoted(value: object) -> object:
    # Undefined must reach Jinja, which names the variable; constants of the template are str too.
    if isinstance(value, _Sql | jinja2.Undefined):
        return value
    raise UsageError(
        f"the value {value!r} goes into SQL unquoted", mend="Use the filter ident or literal."
    )


def render_text(
    text: str, path: str, settings: Settings, values: Mapping[str, str] | None = None
) -> str:
    """One template with `directus`, the quoted schema, and `values`, which it has to filter.

    Raises:
        UsageError: as `render`; `path` names the template.
    """
    variables = {"directus": _Sql(quote_identifier(settings.directus_schema)), **(values or {})}
    try:
        return _environment().from_string(text).render(variables)
    except jinja2.TemplateSyntaxError as error:
        raise UsageError(
            f"{path}:{error.lineno}: {error.message}.",
            mend="Correct the template; {{, {% and {# are Jinja's in these files.",
        ) from error
    except jinja2.UndefinedError as error:
        raise UsageError(
            f"{path}: {error.message}.",
            mend=f"Known variables: {', '.join(sorted(variables))}.",
        ) from error
    except UsageError as error:
        raise UsageError(f"{path}: {error.cause}.", mend=error.mend) from error
