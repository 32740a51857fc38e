-- Plans of statements inside functions, as messages to this session.
SET LOCAL auto_explain.log_level = 'notice';
SET LOCAL auto_explain.log_min_duration = 0;
SET LOCAL auto_explain.log_nested_statements = on;
SET LOCAL auto_explain.log_analyze = on;
SET LOCAL auto_explain.log_buffers = on;
SET LOCAL auto_explain.log_format = 'json';
