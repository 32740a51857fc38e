"""Words and stars that do not mean what they seem to, outside and inside bodies."""

from activity_sql.lint.source import Hits, Source, Sources, find


def unquoted_user(source: Source, _: Sources) -> Hits:
    for code in source.codes:
        for _before, token, _after in find(code, "USER"):
            yield token.offset, f"bare {token.text}"


def naive_timestamp(source: Source, _: Sources) -> Hits:
    for code in source.codes:
        for _before, token, after in find(code, "TIMESTAMP"):
            zone = after[3:] if after[:1] == ["("] else after  # timestamp(3) with time zone
            if zone[:3] != ["WITH", "TIME", "ZONE"]:
                yield token.offset, f"bare {token.text}"


def select_star(source: Source, _: Sources) -> Hits:
    for code in source.codes:
        for before, token, after in find(code, "*"):
            is_list = before in ("SELECT", "DISTINCT", "ALL", ",", ".")
            if is_list or after[:1] == ["FROM"]:  # SELECT DISTINCT ON (...) * FROM
                yield token.offset, f"{before} *"
