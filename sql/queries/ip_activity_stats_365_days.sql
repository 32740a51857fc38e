/*
question = "Which addresses were busy this year?"

[parameters]
days = 365

# Over a tenth of the table: reading it in order may be right.
[budget.medium]
shared_buffers = { 15 = 27990, 18 = 28112 }
temp_blocks = 0
rows_removed = 68500
estimate_error = 110
time_ratio = 50
*/
SELECT *
FROM {{ directus }}.get_ip_activity_stats({{ days | literal }}, 10, 50, {{ as_of | literal }});
