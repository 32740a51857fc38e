CREATE OR REPLACE TABLE activity AS
SELECT action, moment, ip, collection
FROM read_csv(
    '<<file>>',
    header = false,
    nullstr = '\N',
    columns = {'action': 'VARCHAR', 'moment': 'BIGINT', 'ip': 'VARCHAR', 'collection': 'VARCHAR'}
)
ORDER BY moment;
