"""Directus upgrades with activity-sql in its database, and the function goes on answering."""

from tests.upgrades.queries import by_address, expected, statistics, timestamp_indexes
from tests.upgrades.stage import COMMENTER, OFFICE, OWN, OWN_ARTICLES, Stage

INDEX = "directus_activity_timestamp_index"


def test_says_what_was_sent_to_all_versions(any_stage: Stage) -> None:
    wanted = expected(any_stage.ledger)
    assert statistics(any_stage.database) == wanted
    assert by_address(any_stage.by_endpoint) == wanted


def test_every_version_has_written(twelve: Stage) -> None:
    answer = statistics(twelve.database)
    for address in OWN.values():
        assert answer[address] == (OWN_ARTICLES, 1, 1, {"create": OWN_ARTICLES})
    assert answer[OFFICE][3]["login"] == len(OWN)


def test_follows_the_comments_that_directus_11_rewrites(ten: Stage, eleven: Stage) -> None:
    assert statistics(ten.database)[COMMENTER] == (2, 1, 1, {"comment": 2})
    assert statistics(eleven.database)[COMMENTER] == (2, 1, 1, {"create": 2})


def test_verify_finds_nothing(any_stage: Stage) -> None:
    any_stage.database.activity_sql("verify", folder=any_stage.directus.folder)


def test_the_index_that_directus_10_lacks_stays_the_only_one(
    ten: Stage, eleven: Stage, twelve: Stage
) -> None:
    built = timestamp_indexes(ten.database)
    assert list(built) == [INDEX]
    assert timestamp_indexes(eleven.database) == built
    assert timestamp_indexes(twelve.database) == built
