import { mayAsk } from './access.js';
import { argumentsFrom, call, NotDeployed, pathOf, readFunctions } from './functions.js';
import { describe } from './openapi.js';

const QUERY_CANCELED = '57014';
const VERSION = '0.1.0';

function refuse(res, status, code, message, hint) {
	res.status(status).json({ errors: [{ message, extensions: { code, hint } }] });
}

/** What of an error is said to who asked; false where that is Directus's business. */
function explain(res, error) {
	if (error instanceof RangeError) {
		refuse(res, 400, 'INVALID_QUERY', error.message);
	} else if (error.code?.startsWith('22')) {
		// knex puts the statement before PostgreSQL's message.
		const message = error.message.replace(/^(SELECT|select) .*? - /s, '');
		refuse(res, 400, 'INVALID_QUERY', message, error.hint);
	} else if (error.code === QUERY_CANCELED) {
		const hint = 'Ask for less, or set ACTIVITY_SQL_TIMEOUT to more milliseconds.';
		refuse(res, 503, 'SERVICE_UNAVAILABLE', 'The answer took too long.', hint);
	} else if (error instanceof NotDeployed) {
		const hint = 'Run `activity-sql migrate` on this database.';
		refuse(res, 503, 'SERVICE_UNAVAILABLE', 'activity-sql is not deployed here.', hint);
	} else {
		return false;
	}
	return true;
}

export default {
	id: 'activity-sql',
	handler: (router, { database, env }) => {
		const policy = env.ACTIVITY_SQL_POLICY ?? 'Activity analytics (full)';
		const milliseconds = Number(env.ACTIVITY_SQL_TIMEOUT ?? 10_000);

		const answer = async (req, res, next) => {
			try {
				const { admin } = req.accountability ?? {};
				if (!req.accountability?.user && admin !== true) return forbid(res);
				const functions = await readFunctions(database);
				if (!(await mayAsk(req.accountability, database, functions[0]?.schema, policy))) {
					return forbid(res);
				}
				if (req.method === 'GET' && req.params.name === 'openapi.json') {
					return res.json(describe(functions, VERSION));
				}
				const asked = functions.find((one) => pathOf(one) === req.params.name);
				if (!asked) return next();
				if (asked.writes !== (req.method === 'POST')) {
					res.set('Allow', asked.writes ? 'POST' : 'GET');
					return refuse(res, 405, 'METHOD_NOT_ALLOWED', `Ask by ${res.get('Allow')}.`);
				}
				if (asked.writes && admin !== true) return forbid(res);
				const given = asked.writes ? req.body : req.query;
				const values = argumentsFrom(given ?? {}, asked);
				// What writes may take its time: it is not asked by a page.
				const limit = asked.writes ? 60 * milliseconds : milliseconds;
				return res.json({ data: await call(database, asked, values, limit) });
			} catch (error) {
				return explain(res, error) || next(error);
			}
		};
		const forbid = (res) => refuse(res, 403, 'FORBIDDEN', "You don't have permission to access this.");

		router.get('/:name', answer);
		router.post('/:name', answer);
	},
};
