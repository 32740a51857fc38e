CREATE OR REPLACE TABLE activity AS
SELECT *
FROM read_csv(
    '<<activity>>',
    header = false,
    nullstr = '\N',
    columns = {
        'id': 'INTEGER',
        'action': 'VARCHAR',
        'moment': 'BIGINT',
        'user': 'UUID',
        'ip': 'VARCHAR',
        'collection': 'VARCHAR'
    }
)
ORDER BY moment;
CREATE OR REPLACE TABLE users AS
SELECT * FROM read_csv('<<users>>', header = false, columns = {'id': 'UUID'});
