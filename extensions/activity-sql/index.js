const PARAMETERS = { days: 7, min_count: 10, limit: 50 };
const INTEGER = /^-?\d{1,9}$/; // nine digits always fit PostgreSQL's integer
const INVALID_PARAMETER_VALUE = '22023';

function refuse(res, status, code, message, hint) {
	res.status(status).json({ errors: [{ message, extensions: { code, hint } }] });
}

/** The query's values in the order of PARAMETERS; throws a RangeError that names a bad one. */
function integersFrom(query) {
	return Object.entries(PARAMETERS).map(([name, fallback]) => {
		const value = query[name] ?? String(fallback);
		if (typeof value !== 'string' || !INTEGER.test(value)) {
			throw new RangeError(
				`"${name}" must be an integer of at most nine digits, not ${JSON.stringify(value)}.`,
			);
		}
		return Number(value);
	});
}

export default {
	id: 'activity-sql',
	handler: (router, { database }) => {
		router.get('/ip-activity-stats', async (req, res, next) => {
			if (req.accountability?.admin !== true) {
				refuse(res, 403, 'FORBIDDEN', "You don't have permission to access this.");
				return;
			}
			try {
				const result = await database.raw(
					'SELECT * FROM get_ip_activity_stats(?, ?, ?)',
					integersFrom(req.query),
				);
				res.json({ data: result.rows });
			} catch (error) {
				if (error instanceof RangeError) {
					refuse(res, 400, 'INVALID_QUERY', error.message);
				} else if (error.code === INVALID_PARAMETER_VALUE) {
					// knex puts the statement before PostgreSQL's message.
					const message = error.message.replace(/^SELECT .*? - /s, '');
					refuse(res, 400, 'INVALID_QUERY', message, error.hint);
				} else {
					next(error);
				}
			}
		});
	},
};
