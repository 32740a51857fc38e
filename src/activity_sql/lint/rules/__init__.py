"""All rules. The function of a rule bears the rule's id."""

from collections.abc import Callable
from dataclasses import dataclass

from activity_sql.lint import waivers
from activity_sql.lint.rules import bodies, dependencies, files, names, routines
from activity_sql.lint.source import Hits, Source, Sources


@dataclass(frozen=True)
class Rule:
    """A rule: `summary` says why a breach hurts; `check` gives the hits of one of the files."""

    id: str
    summary: str
    mend: str
    check: Callable[[Source, Sources], Hits]


RULES: tuple[Rule, ...] = (
    Rule(
        "syntax",
        "what cannot be parsed cannot be checked",
        "Correct the SQL at this place; quote a body with $function$.",
        files.syntax,
    ),
    Rule(
        "unquoted-user",
        "it means CURRENT_USER, so the query runs and compares with the wrong value",
        'Write "user" for the column, CURRENT_USER for the role.',
        names.unquoted_user,
    ),
    Rule(
        "naive-timestamp",
        "the type without time zone shifts with the zone of the session",
        'Write "timestamp" for the column, timestamptz for the type.',
        names.naive_timestamp,
    ),
    Rule(
        "search-path",
        "the caller's search_path can lead a function to objects of somebody else; "
        "a procedure with a SET clause cannot commit",
        "Add SET search_path = pg_catalog, pg_temp, or write the body with RETURN or BEGIN ATOMIC; "
        "no SET clause at all on a procedure that commits.",
        routines.search_path,
    ),
    Rule(
        "volatility",
        "the defaults, VOLATILE and PARALLEL UNSAFE, silently forbid better plans",
        "State IMMUTABLE, STABLE or VOLATILE, and PARALLEL SAFE, RESTRICTED or UNSAFE.",
        routines.volatility,
    ),
    Rule(
        "security-definer",
        "it lends the rights of the owner to every caller",
        "Use SECURITY INVOKER, or waive the rule with the reason.",
        routines.security_definer,
    ),
    Rule(
        "missing-comment",
        "the SQL reference is made of the comments",
        "Add the COMMENT ON to this file, with the same schema and argument types.",
        files.missing_comment,
    ),
    Rule(
        "missing-revoke",
        "PostgreSQL lets everybody execute a new function",
        "Add the REVOKE to this file, with the same schema and argument types.",
        routines.missing_revoke,
    ),
    Rule(
        "select-star",
        "a column that an upgrade adds would change the result",
        "List the columns.",
        names.select_star,
    ),
    Rule(
        "dynamic-sql",
        "text glued into a command is an injection that waits for its value",
        "Write EXECUTE format('... %I ... %L ...', ...) USING ..., without ||.",
        bodies.dynamic_sql,
    ),
    Rule(
        "raise-errcode",
        "callers tell errors apart by their code, and without one all are P0001",
        "Add USING ERRCODE = '...'.",
        bodies.raise_errcode,
    ),
    Rule(
        "when-others",
        "it hides every error, also the one that nobody thought of",
        "Name the conditions, or RAISE again in the handler.",
        bodies.when_others,
    ),
    Rule(
        "one-object",
        "the history of a file is the history of an object only if both bear one name",
        "Let a definition create one object, <schema>.<stem of the file>; "
        "name a migration NNNN_verb_object.sql.",
        files.one_object,
    ),
    Rule(
        "catalog-dependency",
        "PostgreSQL refuses to change a table of Directus while such an object names it",
        "Read the table in a function with a string body.",
        dependencies.catalog_dependency,
    ),
    Rule(
        "variable-conflict",
        "the result's columns are variables, ambiguous beside table columns of the same name",
        "Begin the body with #variable_conflict use_column.",
        routines.variable_conflict,
    ),
    Rule(
        "cascade",
        "it also takes what others built on the object",
        "Delete CASCADE and name each object.",
        dependencies.cascade,
    ),
    Rule(
        "migration-scope",
        "a migration owns our schema only, runs as it is read, and prints nothing",
        "Qualify every name with activity_sql; plain SQL without Jinja; PERFORM instead of SELECT.",
        files.migration_scope,
    ),
    Rule(
        "overload",
        "a call that fits two functions fails as not unique",
        "Use one function with DEFAULTs, or another name.",
        files.overload,
    ),
    Rule(
        "waiver",
        "a waiver without a reason, or without an effect, misleads the next reader",
        "Write `-- lint: allow <rule>: <reason of three words or more>`, or delete it.",
        waivers.waiver,
    ),
)
