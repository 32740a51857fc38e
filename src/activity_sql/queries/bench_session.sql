-- One process, no compilation: what is compared is the work.
SET LOCAL jit = off;
SET LOCAL max_parallel_workers_per_gather = 0;
SET LOCAL statement_timeout = 0;
SET LOCAL timezone = 'UTC';
SET LOCAL idle_in_transaction_session_timeout = 0;
