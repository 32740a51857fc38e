-- A stranger's text as code in Markdown, also within a table: it can neither end the code
-- nor the cell nor the line.
--
-- Locks: none. Cost: none.
CREATE OR REPLACE FUNCTION activity_sql.markdown_code(p_text text)
    RETURNS text
    LANGUAGE sql
    IMMUTABLE
    PARALLEL SAFE
    RETURN '`' || regexp_replace(translate(p_text, '`|', '''/'), '\s+', ' ', 'g') || '`';

COMMENT ON FUNCTION activity_sql.markdown_code(text) IS
    'The text in backticks, on one line; a backtick becomes an apostrophe, a bar a slash.';

REVOKE ALL ON FUNCTION activity_sql.markdown_code(text) FROM PUBLIC;
