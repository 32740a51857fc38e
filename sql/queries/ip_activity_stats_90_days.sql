/*
question = "Which addresses were busy this quarter?"

[parameters]
days = 90

# Over a tenth of the table: reading it in order may be right.
[budget.medium]
shared_buffers = { 15 = 11464, 18 = 10189 }
temp_blocks = 0
rows_removed = 16300
estimate_error = 60
time_ratio = 16
*/
SELECT *
FROM {{ directus }}.get_ip_activity_stats({{ days | literal }}, 10, 50, {{ as_of | literal }});
