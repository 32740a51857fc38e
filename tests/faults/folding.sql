-- Beside the package, so that a run of folds can be judged afterwards.

CREATE TABLE deleted_activity (LIKE directus_activity);

CREATE VIEW every_activity AS
SELECT activity.*, false AS is_deleted FROM directus_activity AS activity
UNION ALL
SELECT deleted.*, true FROM deleted_activity AS deleted;

-- What each refresh folded and whether it left settled rows; written in its transaction.
CREATE TABLE fold_log (folded_rows bigint NOT NULL, more boolean NOT NULL);

-- The fold that comes to mind first: everything up to the highest id there is.
CREATE TABLE naive_fold (last_id bigint NOT NULL, folded_rows bigint NOT NULL);
INSERT INTO naive_fold VALUES (0, 0);

CREATE FUNCTION refresh_naively() RETURNS void LANGUAGE plpgsql AS $function$
DECLARE
    v_last_id bigint;
    v_max_id  bigint;
BEGIN
    SELECT last_id INTO v_last_id FROM naive_fold FOR UPDATE;
    SELECT max(id) INTO v_max_id FROM directus_activity;
    UPDATE naive_fold SET
        last_id = v_max_id,
        folded_rows = folded_rows + (
            SELECT count(*) FROM directus_activity WHERE id > v_last_id AND id <= v_max_id
        )
    WHERE v_max_id > v_last_id;
END;
$function$;
