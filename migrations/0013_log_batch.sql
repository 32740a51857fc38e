-- A server that is killed right after the rollback of a transaction that truncated an UNLOGGED table
-- (a cancelled fold) does not start again: "could not create file", PostgreSQL 15 and 18.
-- Databases of 0.1.0 have the batch UNLOGGED; for later ones this does nothing.
--
-- Locks: ACCESS EXCLUSIVE on our own table, which only folds read. Cost: the last fold's cells, written
-- once.
ALTER TABLE activity_sql.batch SET LOGGED;
