SELECT <<statement>>
WHERE NOT EXISTS (
    SELECT
    FROM (
<<equal>>
    ) AS equal
    WHERE equal.is_valid
) \gexec
