DROP TABLE activity_sql.ledger;
DROP TABLE activity_sql.installation;
