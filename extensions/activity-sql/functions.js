/** The public functions as the database has them, how arguments reach them, and how they are run. */

export class NotDeployed extends Error {}

const UNDEFINED_TABLE = '42P01';

const FUNCTIONS = `
	SELECT
		routine.proname AS name,
		namespace.nspname AS schema,
		routine.provolatile = 'v' AS writes,
		routine.proretset AS is_table,
		obj_description(routine.oid, 'pg_proc') AS comment,
		format_type(routine.prorettype, NULL) AS result,
		ARRAY(
			SELECT json_build_object(
				'name', regexp_replace(argument.name, '^p_', ''),
				'type', format_type(argument.type, NULL),
				'isColumn', argument.mode = 't',
				'isRequired', argument.place <= routine.pronargs - routine.pronargdefaults,
				'fallback', pg_get_function_arg_default(routine.oid, argument.place::integer)
			)
			FROM unnest(
				coalesce(routine.proallargtypes, routine.proargtypes::oid[]),
				routine.proargnames,
				routine.proargmodes
			) WITH ORDINALITY AS argument (type, name, mode, place)
			ORDER BY argument.place
		) AS names
	FROM activity_sql.installation AS installation
	JOIN pg_namespace AS namespace ON namespace.nspname = installation.directus_schema
	JOIN activity_sql.ledger AS ledger ON ledger.schema_name = namespace.nspname
	JOIN pg_proc AS routine
		ON routine.pronamespace = namespace.oid
			AND ledger.object = 'function ' || routine.proname
	WHERE routine.prorettype <> 'trigger'::regtype
	ORDER BY routine.proname`;

// By PostgreSQL's type: what is taken, what a refusal says, and the JSON Schema.
export const TYPES = {
	integer: {
		pattern: /^-?\d{1,9}$/, // nine digits always fit
		says: 'an integer of at most nine digits',
		schema: { type: 'integer', format: 'int32' },
	},
	numeric: {
		pattern: /^-?\d{1,9}(\.\d{1,9})?$/,
		says: 'a number of at most nine digits before and after the point',
		schema: { type: 'number' },
	},
	'timestamp with time zone': {
		pattern: /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:\d\d)$/,
		says: 'a time with its zone, such as 2026-01-31T12:00:00Z',
		schema: { type: 'string', format: 'date-time' },
	},
	uuid: {
		pattern: /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i,
		says: 'a UUID',
		schema: { type: 'string', format: 'uuid' },
	},
	text: {
		pattern: /^[^\0]{0,1000}$/,
		says: 'a text of at most 1,000 characters',
		schema: { type: 'string', maxLength: 1000 },
	},
};

/**
 * Every public function: name, schema, writes, isTable, comment, result, parameters, columns.
 * Throws NotDeployed where activity-sql is not in this database.
 */
export async function readFunctions(database) {
	const { rows } = await database.raw(FUNCTIONS).catch((error) => {
		throw error.code === UNDEFINED_TABLE ? new NotDeployed() : error;
	});
	return rows.map(({ is_table: isTable, names, ...rest }) => ({
		...rest,
		isTable,
		parameters: names.filter((one) => !one.isColumn),
		columns: names.filter((one) => one.isColumn),
	}));
}

/** The last part of a function's address: get_activity_digest is at activity-digest. */
export const pathOf = ({ name }) => name.replace(/^get_/, '').replaceAll('_', '-');

/** [name, value] of each argument given; throws a RangeError that names a bad one. */
export function argumentsFrom(given, { parameters }) {
	const known = new Map(parameters.map((one) => [one.name, one]));
	for (const name of Object.keys(given)) {
		if (!known.has(name)) {
			throw new RangeError(
				`There is no "${name}"; known are: ${[...known.keys()].join(', ') || 'none'}.`,
			);
		}
	}
	for (const { name, isRequired } of parameters) {
		if (isRequired && !Object.hasOwn(given, name)) throw new RangeError(`"${name}" is missing.`);
	}
	return Object.entries(given).map(([name, value]) => [name, checked(value, known.get(name))]);
}

function checked(value, { name, type }) {
	const { pattern, says } = TYPES[type];
	const text = typeof value === 'number' ? String(value) : value;
	// Directus's own word for all; it takes no other.
	if (value === null || (name === 'limit' && text === '-1')) return null;
	if (typeof text !== 'string' || !pattern.test(text)) {
		throw new RangeError(`"${name}" must be ${says}, not ${JSON.stringify(value)}.`);
	}
	return text;
}

/**
 * What a function answers: its rows, or its one value. Ended after so many milliseconds; a function
 * that only reads runs in a transaction that may only read.
 */
export function call(database, asked, values, milliseconds) {
	const marks = asked.parameters
		.filter(({ name }) => values.some(([given]) => given === name))
		.map(({ name, type }) => [`p_${name}`, values.find(([given]) => given === name)[1], type]);
	const list = marks.map(([, , type]) => `?? => ?::${type}`).join(', ');
	return database.transaction(async (transaction) => {
		if (!asked.writes) await transaction.raw('SET TRANSACTION READ ONLY');
		await transaction.raw(`SET LOCAL statement_timeout = ${Math.round(milliseconds)}`);
		const { rows } = await transaction.raw(`SELECT * FROM ??.??(${list})`, [
			asked.schema,
			asked.name,
			...marks.flatMap(([name, value]) => [name, value]),
		]);
		return asked.isTable ? rows : Object.values(rows[0])[0];
	});
}
