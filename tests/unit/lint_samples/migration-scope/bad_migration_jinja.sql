-- path: migrations/0001_fill_hours.sql
UPDATE activity_sql.hours SET matrix = '{{1,2}}';  -- finding
UPDATE activity_sql.hours SET mark = '{%';  -- finding
-- {# of Jinja #}  -- finding
