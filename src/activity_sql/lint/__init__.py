"""The SQL linter: the rules of the house, checked on rendered definitions and migrations.

Pure: it takes texts and gives findings, without a database and without files.
"""

from collections.abc import Iterable

from activity_sql.lint.model import Finding, SqlFile
from activity_sql.lint.rules import RULES, Rule
from activity_sql.lint.source import Source, Sources, read
from activity_sql.lint.waivers import waivers

__all__ = ["RULES", "Finding", "Rule", "SqlFile", "lint"]


def lint(files: Iterable[SqlFile]) -> list[Finding]:
    """Every finding that no waiver allows, sorted by path, line and rule.

    A file that cannot be parsed gives one finding, of rule `syntax`. No text makes this raise.
    """
    sources = [read(file) for file in files]
    findings = [finding for source in sources for finding in _lint_one(source, sources)]
    return sorted(findings, key=lambda finding: (finding.path, finding.line, finding.rule))


def _lint_one(source: Source, sources: Sources) -> list[Finding]:
    rules = {rule.id: rule for rule in RULES}
    hits = [(rule.id, hit) for rule in RULES for hit in rule.check(source, sources)]
    found = {rule_id for rule_id, _ in hits} - {"waiver"}
    allowed = found & {waiver.rule for waiver in waivers(source)}
    hits = [(rule_id, hit) for rule_id, hit in hits if rule_id not in allowed]
    for waiver in waivers(source):
        if waiver.rule and waiver.rule not in allowed:
            problem = "waived nothing" if waiver.rule in rules else "is no rule"
            hits.append(("waiver", (waiver.offset, f"{waiver.rule} {problem}")))
    return [
        Finding(
            path=source.file.path,
            line=source.line(offset),
            rule=rule_id,
            message=f"{what}: {rules[rule_id].summary}",
            mend=rules[rule_id].mend,
        )
        for rule_id, (offset, what) in hits
    ]
