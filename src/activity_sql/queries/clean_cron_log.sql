DELETE FROM cron.job_run_details
WHERE database = <<database>>
    AND username = current_user
    AND end_time < now() - interval '7 days'
