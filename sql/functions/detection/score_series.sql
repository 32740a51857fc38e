-- How unusual each point of a series is, judged from the points before it.
--
-- One pass over a state of fixed size, so the cost is linear and no later point changes a score.
-- What is expected is a level, plus the time of day or of the week, each only where it was the
-- nearer guess so far, plus as much of the last point's distance from these as distances used to
-- last. Four things are compared with what they were before:
--
--   the point       a spike, a dropout
--   mean error      the average of the last errors: a ramp, a burst too low to stand out
--   movement        the average logarithm of the last steps: noise that grew, a line gone flat
--   mean distance   the average of the last distances from level and season: a day unlike its
--                   kind, a level that moved, however smoothly
--
-- The score is the greatest, in standard deviations beyond what is usual for this series. Where
-- the tail of its own history is heavier than a normal one, what is over 2 is divided by how much
-- heavier, so that a series which is often wild is not often an alarm. An incident counts once in
-- that, else the longest would hide the next. Counts (whole, not negative) are judged by
-- activity_sql.count_deviation. What is learnt is clipped, so an outlier moves it little.
--
--   constant                   why
--   memory, 500 points         two days of five minutes, three weeks of hours: long beside an
--                              incident, short beside a drift
--   recent, 12 points          an hour of five minutes, half a day of hours: averages are that
--                              long, a shift is learnt and an alarm may be repeated after it, and
--                              no point is scored before it
--   tail, 2,000 points         5 in 100 of a normal tail are over 2, so that is 90 of them; until
--                              100 were seen, the tail is taken for normal
--   bins, 24 to 288 a day      one for each point of an even series, else half an hour; a
--                              straight line between two. Noise: half an hour, at first as if 20
--                              points had been usual, at most the last 100
--   season, 1/5                five days, or five weeks, are the memory of a bin; and only a tenth
--                              nearer than without is a season
--   edge, 1/10                 of its step is how sure a season's edge can be: what runs by the
--                              clock is a little late, or a little more
--   clips, 3 4 5 6 8 30        so many standard deviations an error, an average, the level, the
--                              persistence, a season and the tail learn from one point at most
--   a new level, 3             where twelve points in a row and their average are farther off;
--                              not before a day is known, or 1,000 points
--   floors                     the least step ever seen is at least one standard deviation; where
--                              nothing has moved, 1 or a tenth of the level. Its lasting, or its
--                              repetition, moves no average over 3 (0.34 and 0.8; of noise without
--                              memory the average's own deviation is 0.2). A rate is at least
--                              0.02, so that a first event is no alarm
--
-- Sources: exponential smoothing with seasons (Holt, 1957; Winters, 1960), robust by clipping
-- (Gelper, Fried and Croux, 2010); the expert with the least loss so far (Herbster and Warmuth,
-- 1998); averages of errors against their own past (Lavin and Ahmad's anomaly likelihood, 2015);
-- the mean excess over a threshold (Siffer, Fouque, Termier and Largouet, 2017).
--
-- Locks: none. Cost: linear, 24,000 points a second or more.
CREATE OR REPLACE FUNCTION activity_sql.score_series(
    p_times     timestamptz[],
    p_values    double precision[],
    p_threshold double precision DEFAULT 3.0
)
    RETURNS TABLE (
        observed_at timestamptz,
        value       double precision,
        expected    double precision,
        score       double precision,
        is_anomaly  boolean
    )
    LANGUAGE plpgsql
    STABLE
    PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $function$
#variable_conflict use_column
DECLARE
    c_memory      CONSTANT double precision := 500;
    c_recent      CONSTANT double precision := 12;
    c_tail_memory CONSTANT double precision := 2000;
    c_tail_prior  CONSTANT double precision := 100;
    -- The mean of a standard normal's absolute excess over 2, and what turns its mean absolute
    -- value into its standard deviation.
    c_excess      CONSTANT double precision := 0.017;
    c_deviation   CONSTANT double precision := 1.2533;
    c_most_bins   CONSTANT integer := 288;
    c_margin      CONSTANT double precision := 0.9;
    c_edge        CONSTANT double precision := 0.1;
    -- What is less, in units of the floor, is nothing: no sum decays into an underflow.
    c_nothing     CONSTANT double precision := 1e-9;

    v_points      integer := 0;
    v_share       double precision;
    v_x           double precision;
    v_seconds     double precision;
    v_gap         double precision;
    v_spacing     double precision := 0;
    v_last_at     timestamptz;
    v_last_second double precision;
    v_last_x      double precision;
    v_is_count    boolean := true;
    v_least_step  double precision := 0;
    v_unit        double precision;
    v_wide        double precision;

    -- Level and seasons. Bins from 1 are of the day, from 289 of the week.
    v_level       double precision;
    v_day         integer;
    v_in_day      double precision;
    v_bins        integer := 48;
    v_bin         integer;
    v_even        boolean := true;
    v_hours       integer;
    v_next_share  double precision;
    v_first       integer[] := ARRAY[0, 0];
    v_second      integer[] := ARRAY[0, 0];
    v_profile     double precision[] := array_fill(0::double precision, ARRAY[2304]);
    v_seen        double precision[] := array_fill(0::double precision, ARRAY[2304]);
    v_since       integer[] := array_fill(2147483647, ARRAY[2304]);
    v_a           integer;
    v_b           integer;
    v_off         double precision;
    v_limit       double precision;
    v_rate        double precision;
    v_has_day     boolean;
    v_has_week    boolean;
    v_of_day      double precision := 0;
    v_of_week     double precision := 0;
    v_days        double precision := 0;
    v_weeks       double precision := 0;
    v_flat_error  double precision := 0;
    v_day_error   double precision := 0;
    v_other_error double precision := 0;
    v_week_error  double precision := 0;
    v_day_helps   boolean;
    v_season      double precision;
    v_edge        double precision;
    v_chosen      integer;
    v_was_chosen  integer := 0;
    v_distance    double precision;
    v_lasting     double precision := 0;
    v_lasts       double precision := 0;
    v_lasts_of    double precision := 1;
    v_persistence double precision;

    -- The error, and how large it usually is, overall and at this time of day.
    v_error       double precision;
    v_usual_error double precision := 0;
    v_sigma       double precision;
    v_noise       double precision[] := array_fill(1::double precision, ARRAY[48]);
    v_noise_seen  double precision[] := array_fill(0::double precision, ARRAY[48]);
    v_noise_now   double precision;
    v_ratio       double precision;
    v_rarity      double precision;

    -- What is compared: point, mean error, movement, mean distance from the level, from the time
    -- of day, from the time of the week. Of the last three the chosen one counts.
    v_z           double precision[] := array_fill(0::double precision, ARRAY[6]);
    v_now         double precision[] := array_fill(0::double precision, ARRAY[6]);
    v_average     double precision[] := array_fill(0::double precision, ARRAY[6]);
    v_centre      double precision[] := array_fill(0::double precision, ARRAY[6]);
    v_width       double precision[] := array_fill(0::double precision, ARRAY[6]);
    v_floor       double precision[] := array_fill(0::double precision, ARRAY[6]);
    v_age         double precision;
    v_least       double precision;
    v_above       double precision[] := array_fill(c_excess * c_tail_prior, ARRAY[6]);
    v_below       double precision[] := array_fill(c_excess * c_tail_prior, ARRAY[6]);
    v_tail_points double precision := c_tail_prior;
    v_keep        double precision;
    v_one         double precision;
    v_tail        double precision;
    v_excess      double precision;
    v_incident    double precision := 0;

    v_run         integer := 0;
    v_run_sum     double precision := 0;
    v_quiet       double precision := 1000;
    v_peak        double precision := 0;
BEGIN
    IF p_threshold IS NULL OR NOT (p_threshold > 0 AND p_threshold <= 100) THEN
        RAISE EXCEPTION 'p_threshold must be over 0 and at most 100, got %',
            coalesce(p_threshold::text, 'NULL')
            USING ERRCODE = 'invalid_parameter_value',
                  HINT = 'Pass standard deviations, for example 3.';
    END IF;
    IF cardinality(p_times) IS DISTINCT FROM cardinality(p_values) OR p_times IS NULL THEN
        RAISE EXCEPTION 'p_times and p_values must have the same length, got % and %',
            coalesce(cardinality(p_times)::text, 'NULL'),
            coalesce(cardinality(p_values)::text, 'NULL')
            USING ERRCODE = 'invalid_parameter_value',
                  HINT = 'Pass one value for each time; two empty arrays give no rows.';
    END IF;

    FOR observed_at, value IN
        SELECT point."time", point.measured
        FROM unnest(p_times, p_values) AS point ("time", measured)
    LOOP
        IF isfinite(observed_at) IS NOT TRUE OR observed_at <= v_last_at THEN
            RAISE EXCEPTION 'p_times must be finite and ascending, got % after %',
                coalesce(observed_at::text, 'NULL'), coalesce(v_last_at::text, 'nothing')
                USING ERRCODE = 'invalid_parameter_value',
                      HINT = 'Sort the points by time, and leave out repeated times and NULL.';
        END IF;
        IF (abs(value) <= 1e100) IS NOT TRUE THEN
            RAISE EXCEPTION 'p_values must be numbers from -1e100 to 1e100, got % at %',
                coalesce(value::text, 'NULL'), observed_at
                USING ERRCODE = 'invalid_parameter_value',
                      HINT = 'Leave out points without a value: gaps are allowed for.';
        END IF;

        v_x := CASE WHEN abs(value) < 1e-100 THEN 0 ELSE value END;
        v_seconds := date_part('epoch', observed_at);
        IF v_points = 0 THEN
            v_level := v_x;
            v_last_x := v_x;
            v_last_second := v_seconds;
        END IF;
        v_gap := v_seconds - v_last_second;

        -- What is expected.
        v_day := floor(v_seconds / 86400);
        v_in_day := (v_seconds - v_day * 86400.0::double precision) / 86400;
        v_hours := floor(v_in_day * 48) + 1;
        v_bin := floor(v_in_day * v_bins);
        v_next_share := v_in_day * v_bins - v_bin;
        -- A point on a bin's edge, but for the rounding, is of that bin alone.
        IF v_next_share < 1e-6 THEN
            v_next_share := 0;
        ELSIF v_next_share > 1 - 1e-6 THEN
            v_next_share := 0;
            v_bin := (v_bin + 1) % v_bins;
        END IF;
        v_a := v_bin + 1;
        v_b := (v_bin + 1) % v_bins + 1;
        v_has_day := v_since[v_a] < v_day AND (v_next_share = 0 OR v_since[v_b] < v_day);
        v_limit := 0;
        v_off := 0;
        IF v_has_day THEN
            v_off := v_profile[v_a] * (1 - v_next_share) + v_profile[v_b] * v_next_share;
        END IF;
        v_first[1] := v_a;
        v_second[1] := v_b;
        v_bin := (v_day % 7 + 10) % 7 * v_bins + v_bin;
        v_a := c_most_bins + v_bin + 1;
        v_b := c_most_bins + (v_bin + 1) % (7 * v_bins) + 1;
        v_has_week := v_since[v_a] < v_day - 1 AND (v_next_share = 0 OR v_since[v_b] < v_day - 1);
        IF v_has_week THEN
            v_limit := v_profile[v_a] * (1 - v_next_share) + v_profile[v_b] * v_next_share;
        END IF;
        v_first[2] := v_a;
        v_second[2] := v_b;

        v_day_helps := v_has_day AND v_days >= v_bins AND v_day_error < c_margin * v_flat_error;
        v_chosen := CASE
            WHEN v_has_week AND v_weeks >= v_bins AND v_week_error < c_margin * v_other_error THEN 2
            WHEN v_day_helps THEN 1
            ELSE 0
        END;
        v_season := CASE v_chosen WHEN 2 THEN v_limit WHEN 1 THEN v_off ELSE 0 END;
        IF v_chosen <> v_was_chosen THEN
            v_one := CASE v_was_chosen WHEN 2 THEN v_of_week WHEN 1 THEN v_of_day ELSE 0 END;
            v_lasting := v_lasting + v_one - v_season;
            v_was_chosen := v_chosen;
        END IF;
        v_edge := CASE v_chosen
            WHEN 2 THEN v_season - v_of_week
            WHEN 1 THEN v_season - v_of_day
            ELSE 0
        END * c_edge;
        v_of_day := v_off;
        v_of_week := v_limit;

        v_unit := CASE
            WHEN v_least_step > 0 THEN v_least_step
            -- No point is scored yet, so its own step may serve.
            WHEN v_points < c_recent AND v_x <> v_last_x THEN abs(v_x - v_last_x)
            ELSE greatest(1, 0.1 * abs(v_level))
        END;
        v_persistence := least(greatest(v_lasts, 0) / v_lasts_of, 1);
        IF v_persistence < 0.001 THEN
            v_persistence := 0;
        ELSIF v_gap > 1.5 * v_spacing AND v_spacing > 0 THEN
            v_persistence := power(v_persistence, least(v_gap / v_spacing, 100));
        END IF;
        v_distance := v_x - v_level - v_season;
        IF abs(v_distance) < c_nothing * v_unit THEN
            v_distance := 0;
        END IF;
        IF abs(v_lasting) < c_nothing * v_unit THEN
            v_lasting := 0;
        END IF;
        expected := v_level + v_season + v_persistence * v_lasting;
        v_error := v_x - expected;
        IF abs(v_error) < c_nothing * v_unit THEN
            v_error := 0;
        END IF;

        -- The point, and the last twelve, against what they were before.
        v_wide := sqrt(1 + 4 / (v_points + 1)::double precision);
        v_noise_now := v_noise[v_hours];
        v_one := v_usual_error * c_deviation * v_noise_now;
        IF abs(v_edge) > c_nothing * v_unit THEN
            v_one := sqrt(v_one * v_one + v_edge * v_edge);
        END IF;
        v_one := v_one * v_wide;
        v_sigma := greatest(v_one, v_unit * v_wide);
        v_rarity := greatest(expected, 0.02);
        v_one := v_one * v_one;
        -- Errors too wide for so small a rate mean that the rate is not known so well.
        IF v_x > expected AND v_one > v_rarity + v_rarity * v_rarity THEN
            v_rarity := sqrt(0.25 + v_one) - 0.5;
        END IF;
        IF v_is_count AND v_least_step > 0 AND v_x >= 0 AND v_x = floor(v_x)
            AND (v_sigma * v_sigma >= v_rarity OR v_rarity < 3)
        THEN
            v_z[1] := activity_sql.count_deviation(
                v_x, v_rarity, greatest(v_one, v_rarity));
        ELSE
            v_z[1] := v_error / v_sigma;
        END IF;
        -- A step that is the least seen moves no average to 3.
        v_off := v_unit * v_wide;
        v_floor[2] := greatest(0.2, 0.34 * v_off / v_sigma);
        v_floor[3] := greatest(0.2, 0.8 * v_off / v_sigma);
        v_floor[4] := 0.34 * v_off / v_noise_now;
        v_floor[5] := v_floor[4];
        v_floor[6] := v_floor[4];
        v_now[2] := least(greatest(v_error / v_sigma, -4), 4);
        v_now[3] := ln(least(abs(v_x - v_last_x) / v_sigma, 50) + 0.1);
        v_now[4] := v_x - v_level;
        v_now[5] := v_now[4] - v_of_day;
        v_now[6] := v_now[4] - v_of_week;

        v_points := v_points + 1;
        v_share := 1 / least(v_points, c_memory);
        IF v_has_day THEN
            v_days := v_days + 1;
        END IF;
        IF v_has_week THEN
            v_weeks := v_weeks + 1;
        END IF;
        v_keep := CASE WHEN v_tail_points >= c_tail_memory THEN 1 - 1 / c_tail_memory ELSE 1 END;
        score := 0;
        FOR v_i IN 1..6 LOOP
            CONTINUE WHEN v_i = 5 AND NOT v_has_day OR v_i = 6 AND NOT v_has_week;
            IF v_i > 1 THEN
                v_age := CASE v_i WHEN 5 THEN v_days WHEN 6 THEN v_weeks ELSE v_points END;
                v_least := v_floor[v_i];
                v_off := greatest(v_width[v_i] * c_deviation, v_least);
                v_one := v_now[v_i];
                IF v_i > 3 THEN
                    v_limit := 4 * greatest(v_sigma / v_noise_now, v_off);
                    v_one := v_one / v_noise_now - v_centre[v_i];
                    v_one := v_centre[v_i] + least(greatest(v_one, -v_limit), v_limit);
                END IF;
                v_one := v_average[v_i] + (v_one - v_average[v_i]) / least(v_age, c_recent);
                IF abs(v_one) < c_nothing * v_least THEN
                    v_one := 0;
                END IF;
                v_average[v_i] := v_one;
                v_one := v_one - v_centre[v_i];
                IF abs(v_one) < c_nothing * v_least THEN
                    v_one := 0;
                END IF;
                v_z[v_i] := v_one / (v_off * sqrt(1 + 4 * c_recent / v_age));
                v_age := least(v_age, c_memory);
                v_centre[v_i] := v_centre[v_i] + v_one / v_age;
                v_one := least(abs(v_average[v_i] - v_centre[v_i]), 3 * v_off);
                IF v_points > 1 THEN
                    v_width[v_i] := greatest(
                        v_width[v_i] + (v_one - v_width[v_i]) / v_age, c_nothing * v_least);
                END IF;
                CONTINUE WHEN v_i > 3 AND v_i <> v_chosen + 4;
            END IF;

            v_one := abs(v_z[v_i]);
            v_tail := CASE WHEN v_z[v_i] > 0 THEN v_above[v_i] ELSE v_below[v_i] END;
            IF v_one > 2 THEN
                v_excess := least(v_one - 2, 30);
                v_one := 2 + (v_one - 2) / greatest(v_tail / v_tail_points / c_excess, 1);
            ELSE
                v_excess := 0;
            END IF;
            score := greatest(score, v_one);
            IF v_points > c_recent THEN
                v_above[v_i] := greatest(v_above[v_i] * v_keep, 1e-6);
                v_below[v_i] := greatest(v_below[v_i] * v_keep, 1e-6);
                IF v_excess > 0 AND v_incident <= 0 THEN
                    IF v_z[v_i] > 0 THEN
                        v_above[v_i] := v_above[v_i] + 2 * v_excess;
                    ELSE
                        v_below[v_i] := v_below[v_i] + 2 * v_excess;
                    END IF;
                END IF;
            END IF;
        END LOOP;
        IF v_points > c_recent THEN
            v_tail_points := least(v_tail_points + 1, c_tail_memory);
            score := least(score, 100);
        ELSE
            score := 0;
        END IF;
        v_incident := CASE WHEN score >= 3 THEN c_recent ELSE v_incident - 1 END;

        -- One alarm an incident, and another where it becomes twice as bad.
        is_anomaly := score >= p_threshold AND (v_quiet > c_recent OR score >= 2 * v_peak);
        IF score >= p_threshold THEN
            v_peak := CASE WHEN v_quiet > c_recent THEN score ELSE greatest(v_peak, score) END;
            v_quiet := 0;
        ELSE
            v_quiet := v_quiet + 1;
        END IF;
        RETURN NEXT;

        -- What the point teaches: how large errors are, how long distances last.
        IF v_points > 1 THEN
            v_one := abs(v_error);
            IF v_points > 5 THEN
                v_one := least(v_one, 3 * v_sigma);
            END IF;
            v_one := v_one / v_noise_now;
            v_usual_error := greatest(
                v_usual_error + (v_one - v_usual_error) / least(v_points - 1, c_memory),
                c_nothing * v_unit
            );
            v_ratio := least(5, v_one / greatest(v_usual_error, v_unit / c_deviation));
            v_one := least(v_noise_seen[v_hours] + 1, 100);
            v_noise_seen[v_hours] := v_one;
            v_noise[v_hours] := greatest(0.05,
                v_noise[v_hours] + (v_ratio - v_noise[v_hours]) / (20 + v_one));
        END IF;
        IF v_points > 3 AND (v_gap <= 1.5 * v_spacing OR v_spacing = 0) THEN
            v_one := least(greatest(v_lasting / v_sigma, -6), 6);
            v_off := least(greatest(v_distance / v_sigma, -6), 6);
            v_lasts := v_lasts + (v_one * v_off - v_lasts) * v_share;
            IF abs(v_lasts) < c_nothing THEN
                v_lasts := 0;
            END IF;
            v_lasts_of := greatest(v_lasts_of + (v_one * v_one - v_lasts_of) * v_share, 1e-6);
        END IF;
        IF v_points > 5 THEN
            v_lasting := v_persistence * v_lasting
                + least(greatest(v_error, -3 * v_sigma), 3 * v_sigma);
        ELSE
            v_lasting := v_distance;
        END IF;

        -- Which season was nearer, the seasons, the level.
        v_limit := 8 * greatest(v_width[v_chosen + 4] * c_deviation * v_noise_now, v_sigma);
        IF v_has_day THEN
            v_one := 1 / least(v_days, c_memory);
            v_flat_error := greatest(c_nothing * v_unit, v_flat_error
                + (least(abs(v_now[4]), v_limit) - v_flat_error) * v_one);
            v_day_error := greatest(c_nothing * v_unit, v_day_error
                + (least(abs(v_now[5]), v_limit) - v_day_error) * v_one);
        END IF;
        IF v_has_week THEN
            v_one := 1 / least(v_weeks, c_memory);
            v_off := v_now[CASE WHEN v_day_helps THEN 5 ELSE 4 END];
            v_other_error := greatest(c_nothing * v_unit, v_other_error
                + (least(abs(v_off), v_limit) - v_other_error) * v_one);
            v_week_error := greatest(c_nothing * v_unit, v_week_error
                + (least(abs(v_now[6]), v_limit) - v_week_error) * v_one);
        END IF;
        v_rate := least(greatest(v_spacing * v_bins / 86400 / 5, 1e-4), 0.34);
        IF v_spacing = 0 THEN
            v_rate := 0.34;
        END IF;
        FOR v_i IN 1..CASE WHEN v_points > c_recent THEN 2 ELSE 0 END LOOP
            v_a := v_first[v_i];
            v_b := v_second[v_i];
            v_off := v_x - v_level;
            IF v_seen[v_a] = 0 THEN
                v_profile[v_a] := v_off;
                v_since[v_a] := v_day;
            END IF;
            IF v_next_share > 0 AND v_seen[v_b] = 0 THEN
                v_profile[v_b] := v_off;
                v_since[v_b] := v_day;
            END IF;
            v_off := v_off - v_profile[v_a] * (1 - v_next_share) - v_profile[v_b] * v_next_share;
            v_off := least(greatest(v_off, -v_limit), v_limit);
            IF abs(v_off) < c_nothing * v_unit THEN
                v_off := 0;
            END IF;
            v_one := v_seen[v_a] + 1 - v_next_share;
            v_seen[v_a] := v_one;
            v_profile[v_a] := v_profile[v_a]
                + (1 - v_next_share) * v_off * greatest(1 / greatest(v_one, 1), v_rate);
            IF v_next_share > 0 THEN
                v_one := v_seen[v_b] + v_next_share;
                v_seen[v_b] := v_one;
                v_profile[v_b] := v_profile[v_b]
                    + v_next_share * v_off * greatest(1 / greatest(v_one, 1), v_rate);
            END IF;
        END LOOP;
        v_off := v_distance;
        IF v_points > 5 THEN
            v_one := 5 * greatest(v_width[v_chosen + 4] * c_deviation * v_noise_now, v_sigma);
            v_off := least(greatest(v_off, -v_one), v_one);
        END IF;
        v_level := v_level + v_off * v_share;

        -- Twelve points far off on one side are a new level, where a day's own step is known.
        IF abs(v_distance) > 3 * v_sigma AND v_distance * v_run >= 0
            AND (v_days >= v_bins OR v_points > 2 * c_memory)
        THEN
            v_run := v_run + CASE WHEN v_distance > 0 THEN 1 ELSE -1 END;
            v_run_sum := v_run_sum + v_distance;
            IF abs(v_run) >= c_recent THEN
                IF abs(v_z[v_chosen + 4]) > 3 THEN
                    v_level := v_level + v_run_sum / c_recent;
                    v_lasting := 0;
                    FOR v_i IN 4..6 LOOP
                        v_average[v_i] := v_centre[v_i];
                    END LOOP;
                END IF;
                v_run := 0;
                v_run_sum := 0;
            END IF;
        ELSE
            v_run := 0;
            v_run_sum := 0;
        END IF;

        -- What kind of series it is.
        IF v_points > 1 THEN
            v_even := v_even AND (v_points = 2 OR abs(v_gap - v_spacing) < 0.01 * v_spacing);
            IF v_points = c_recent AND v_even THEN
                v_bins := greatest(24, least(86400 / v_spacing, c_most_bins));
            END IF;
            v_one := CASE WHEN v_spacing > 0 THEN least(v_gap, 3 * v_spacing) ELSE v_gap END;
            v_spacing := v_spacing + (v_one - v_spacing) / least(v_points - 1, c_memory);
            v_one := abs(v_x - v_last_x);
            IF v_one > 0 AND (v_least_step = 0 OR v_one < v_least_step) THEN
                v_least_step := v_one;
            END IF;
        END IF;
        v_is_count := v_is_count AND v_x >= 0 AND v_x = floor(v_x);
        v_last_at := observed_at;
        v_last_second := v_seconds;
        v_last_x := v_x;
    END LOOP;
END;
$function$;

COMMENT ON FUNCTION activity_sql.score_series(timestamptz[], double precision[], double precision) IS
    'Scores each point of a series of any spacing from the points before it alone, in the order '
    'given. expected: from level, time of day, day of the week (UTC) and the last point, as far as '
    'each was found to help. score: 0 to 100, how unusual the point and the eleven before it are, '
    'in standard deviations or their equivalent; 0 for the first twelve points. is_anomaly: the '
    'score is at least p_threshold, and no score was within twelve points before, or it is twice '
    'the highest since. Whole numbers from 0 on are taken for counts until another value comes; '
    'other series may be shifted and scaled without a change of score, once they have moved. '
    'Raises invalid_parameter_value unless times are finite, ascending and distinct, values '
    'within 1e100 on either side, as many as times, and p_threshold over 0 and at most 100.';

REVOKE ALL ON FUNCTION activity_sql.score_series(timestamptz[], double precision[], double precision)
    FROM PUBLIC;
