-- How unusual a count is, as a normal distribution's standard deviations: small expectations are
-- skewed, and three standard deviations above 0.1 is a single event.
--
-- The probability of a count at least as far on its side, negative binomial (clumped) where the
-- variance is over the expectation, Poisson where it is not, through Peizer and Pratt's normal
-- approximation ("A normal approximation for binomial, F, beta, and other common, related tail
-- probabilities, I", 1968). It needs no sum, so a count of a million costs what one of three
-- does; it is within 0.06 of the sums, 0.2 where the shape is its least, 1. A lesser shape, a
-- variance over mean + mean^2, is taken for 1, the geometric distribution.
--
-- Locks: none. Cost: microseconds.
CREATE OR REPLACE FUNCTION activity_sql.count_deviation(
    p_count    double precision,
    p_expected double precision,
    p_variance double precision
)
    RETURNS double precision
    LANGUAGE plpgsql
    IMMUTABLE
    PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    -- P(at least this many) is 1 - P(at most one less).
    v_most    double precision := CASE WHEN p_count > p_expected THEN p_count - 1 ELSE p_count END;
    v_below   double precision := v_most + 0.5;
    v_shape   double precision;
    v_trials  double precision;
    v_share   double precision;
    v_rest    double precision;
    v_ahead   double precision;
    v_off     double precision;
    v_width   double precision;
    v_log     double precision;
    v_result  double precision;
BEGIN
    IF p_variance <= p_expected * 1.0001 THEN
        v_off := v_below - p_expected;
        v_ahead := v_most + 2.0 / 3 - p_expected + 0.02 / (v_most + 1);
        v_width := p_expected;
        v_log := v_below * ln(v_below / p_expected) - v_off;
    ELSE
        -- A binomial tail in other words: v_most of v_trials, the rest being v_shape.
        v_shape := greatest(p_expected * p_expected / (p_variance - p_expected), 1);
        v_share := p_expected / (v_shape + p_expected);
        v_rest := v_shape / (v_shape + p_expected);
        v_trials := v_shape + v_most;
        v_off := v_below - v_trials * v_share;
        v_ahead := v_most + 2.0 / 3 - (v_trials + 1.0 / 3) * v_share
            + 0.02 * (v_share / (v_most + 1) - v_rest / v_shape
                + (v_share - 0.5) / (v_trials + 1));
        v_width := v_trials * v_share * v_rest;
        v_log := (v_below * ln(v_below / (v_trials * v_share))
            + (v_shape - 0.5) * ln((v_shape - 0.5) / (v_trials * v_rest)))
            / (1 + 1 / (6 * v_trials));
    END IF;

    IF abs(v_off) < 1e-4 * sqrt(v_width) THEN
        v_result := v_ahead / sqrt(v_width);
    ELSE
        v_result := v_ahead / abs(v_off) * sqrt(2 * greatest(v_log, 0));
    END IF;
    RETURN CASE
        WHEN p_count > p_expected THEN greatest(v_result, 0)
        ELSE least(v_result, 0)
    END;
END;
$function$;

COMMENT ON FUNCTION activity_sql.count_deviation(
    double precision, double precision, double precision
) IS
    'How far a count is from its expectation, in standard deviations of the normal distribution '
    'whose tail is as probable as this count or one farther off: negative binomial where '
    'p_variance is over p_expected, else Poisson. Negative below; 0 where half of all are as far.';

REVOKE ALL ON FUNCTION activity_sql.count_deviation(
    double precision, double precision, double precision
) FROM PUBLIC;
