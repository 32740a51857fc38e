import endpoint from './endpoint.js';
import logins from './logins.js';
import operation from './operation.js';

export default {
	endpoints: [{ name: 'activity-sql', config: endpoint }],
	hooks: [{ name: 'activity-sql-logins', config: logins }],
	operations: [{ name: 'activity-sql', config: operation }],
};
