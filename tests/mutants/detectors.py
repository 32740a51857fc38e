"""Faults in the detectors, found by their contract or by plain SQL over rows."""

from mutant import Mutant

FOLDER = "functions/detection/"
TESTS = ("tests/sql/detect_activity_anomalies", "tests/integration/test_peers.py")

DETECTORS = [
    Mutant(
        "detectors: what is not folded yet is no history",
        FOLDER + "hourly_history.sql",
        "SELECT tail.subject, tail.hour, 1\n",
        "SELECT tail.subject, tail.hour, 0\n",
        TESTS,
    ),
    Mutant(
        "detectors: collections are counted by their numbers",
        FOLDER + "hourly_history.sql",
        "unnest(hourly.per_collection_actions) AS actions",
        "unnest(hourly.per_collection) AS actions",
        TESTS,
    ),
    Mutant(
        "detectors: an action asked for is not looked at",
        FOLDER + "hourly_history.sql",
        "hourly.action[found.place] = ANY (v_actions)",
        "hourly.action[found.place] <> ALL (v_actions)",
        TESTS,
    ),
    Mutant(
        "detectors: the last cell of an address is lost",
        FOLDER + "hourly_spread.sql",
        "[span.first:span.last]",
        "[span.first:span.last - 1]",
        TESTS,
    ),
    Mutant(
        "detectors: two hours near a time of day suffice",
        FOLDER + "usual_hours.sql",
        "CONTINUE WHEN v_sample < 20 OR",
        "CONTINUE WHEN v_sample < 2 OR",
        TESTS,
    ),
    Mutant(
        "detectors: who stands out is settled",
        FOLDER + "usual_hours.sql",
        ") >= p_threshold;\n            END IF;",
        ") >= 2 * p_threshold;\n            END IF;",
        TESTS,
    ),
    Mutant(
        "detectors: twenty rows are too few",
        FOLDER + "detect_volume.sql",
        "HAVING sum(cell.actions) >= 20",
        "HAVING sum(cell.actions) > 20",
        TESTS,
    ),
    Mutant(
        "detectors: who is settled is judged for what it expects only",
        FOLDER + "detect_volume.sql",
        "WHERE past.settled_by IS NULL\n            OR",
        "WHERE past.settled_by IS NULL\n            AND",
        TESTS,
    ),
    Mutant(
        "detectors: an hour is in its own baseline",
        FOLDER + "judge_hour.sql",
        "            AND known.hour <= v_start - interval '1 hour'\n    ) AS past;",
        "            AND known.hour <= v_start + interval '1 hour'\n    ) AS past;",
        TESTS,
    ),
    Mutant(
        "detectors: the hour before is not near",
        FOLDER + "judge_hour.sql",
        "IN (0, 3600, 82800) AS is_near",
        "IN (0, 3600) AS is_near",
        TESTS,
    ),
    Mutant(
        "detectors: ten rows are no request",
        FOLDER + "judged_requests.sql",
        "count(*) OVER of_a_run >= 10",
        "count(*) OVER of_a_run > 10",
        TESTS,
    ),
    Mutant(
        "detectors: ten rows in two seconds are none",
        FOLDER + "judged_requests.sql",
        "RANGE BETWEEN interval '1 second' PRECEDING AND interval '1 second' FOLLOWING",
        "RANGE BETWEEN CURRENT ROW AND CURRENT ROW",
        TESTS,
    ),
    Mutant(
        "detectors: a minute is within one of the clock",
        FOLDER + "detect_burst.sql",
        "RANGE BETWEEN interval '1 minute' PRECEDING AND CURRENT ROW\n                ) AS rows",
        "RANGE BETWEEN CURRENT ROW AND CURRENT ROW\n                ) AS rows",
        TESTS,
    ),
    Mutant(
        "detectors: a network is forgotten early",
        FOLDER + "detect_spread.sql",
        """SELECT NULL, one.subject, one."timestamp" + interval '30 minutes', -1""",
        """SELECT NULL, one.subject, one."timestamp" + interval '20 minutes', -1""",
        TESTS,
    ),
    Mutant(
        "detectors: 44 requests are no burst",
        FOLDER + "detect_burst.sql",
        "minute.observed >= 44",
        "minute.observed > 44",
        TESTS,
    ),
    Mutant(
        "detectors: thirty deletions are none",
        FOLDER + "detect_mass_edit.sql",
        "CASE p_action WHEN 'delete' THEN 30 ELSE 60 END;",
        "CASE p_action WHEN 'delete' THEN 31 ELSE 60 END;",
        TESTS,
    ),
    Mutant(
        "detectors: who had rights to write is new",
        FOLDER + "detect_admin_writes.sql",
        "judged.rights > 0 AND NOT EXISTS (",
        "judged.rights > 0 OR NOT EXISTS (",
        TESTS,
    ),
]
