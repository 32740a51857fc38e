-- How unusual an hour is beside the hours of its subject, in standard deviations.
--
-- What somebody does in an hour of activity is skewed: many small hours, few large ones. As if
-- it were exponential, whose 95th percentile is three times its mean: with expected as that
-- percentile and r = observed / expected the chance of as much is exp(-3 r), and
-- sqrt(6 r - ln(12 pi r)) is the normal deviate whose tail is as likely (the leading terms of
-- Mills' ratio). Within 0.15 of it above the percentile: 3.0 is 2.2 times the expected, 3.6
-- three times, 5.0 five times, 7.4 ten times. It depends on r alone, so it can be read.
--
-- An SQL-standard body, so that no search_path changes it.
--
-- Locks: none. Cost: none of its own.
CREATE OR REPLACE FUNCTION activity_sql.peak_deviation(
    p_observed double precision,
    p_expected double precision
)
    RETURNS double precision
    LANGUAGE sql
    IMMUTABLE
    PARALLEL SAFE
RETURN CASE
    WHEN p_observed > p_expected THEN sqrt(
        6 * p_observed / p_expected - ln(12 * pi() * p_observed / p_expected)
    )
    ELSE 0
END;

COMMENT ON FUNCTION activity_sql.peak_deviation(double precision, double precision) IS
    'The score of an anomaly: the standard deviations at which a normal tail is as likely as '
    'p_observed, where p_expected is what 95 of 100 hours do not exceed and hours are exponential: '
    'sqrt(6 r - ln(12 pi r)) of r = p_observed / p_expected; 0 where p_observed is no more. 2.2 '
    'times the expected scores 3.0, three times 3.6, five times 5.0, ten times 7.4.';

REVOKE ALL ON FUNCTION activity_sql.peak_deviation(double precision, double precision)
    FROM PUBLIC;
