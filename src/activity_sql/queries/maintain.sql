SELECT task, detail, duration_ms FROM <<schema>>.maintain_activity_table();
