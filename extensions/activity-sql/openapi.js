/** The endpoint's description, made from the functions as the database has them. */
import { pathOf, TYPES } from './functions.js';

const COLUMNS = {
	bigint: { type: 'string', description: 'bigint, as a string' },
	boolean: { type: 'boolean' },
	date: { type: 'string', format: 'date-time' },
	'double precision': { type: 'number' },
	integer: { type: 'integer' },
	json: {},
	jsonb: {},
	numeric: { type: 'string', description: 'numeric, as a string' },
};
const refused = (description) => ({
	description,
	content: { 'application/json': { schema: { $ref: '#/components/schemas/Errors' } } },
});

export function describe(functions, version) {
	return {
		openapi: '3.1.0',
		info: { title: 'activity-sql', version },
		servers: [{ url: '/activity-sql' }],
		security: [{ token: [] }],
		paths: Object.fromEntries(functions.map((one) => [`/${pathOf(one)}`, operation(one)])),
		components: {
			securitySchemes: { token: { type: 'http', scheme: 'bearer' } },
			schemas: {
				Errors: {
					type: 'object',
					properties: {
						errors: {
							type: 'array',
							items: { type: 'object', properties: { message: { type: 'string' } } },
						},
					},
				},
			},
		},
	};
}

function operation(one) {
	const columns = one.columns.map(({ name, type }) => [name, COLUMNS[type] ?? { type: 'string' }]);
	const row = { type: 'object', properties: Object.fromEntries(columns) };
	const data = one.isTable ? { type: 'array', items: row } : COLUMNS[one.result] ?? { type: 'string' };
	const common = {
		operationId: one.name,
		description: one.comment,
		responses: {
			200: {
				description: 'What the function answers.',
				content: { 'application/json': { schema: { type: 'object', properties: { data } } } },
			},
			400: refused('An argument is none of its type, or the function refuses it.'),
			403: refused('Not an administrator, nor a holder of the policy.'),
			503: refused('It took too long, or activity-sql is not deployed.'),
		},
	};
	const schemas = one.parameters.map((parameter) => ({
		...parameter,
		schema: { ...TYPES[parameter.type].schema, ...defaultOf(parameter) },
	}));
	if (!one.writes) {
		const parameters = schemas.map(({ name, isRequired, schema }) => ({
			name,
			in: 'query',
			required: isRequired,
			schema,
		}));
		return { get: { ...common, parameters } };
	}
	const properties = Object.fromEntries(schemas.map(({ name, schema }) => [name, schema]));
	const body = { 'application/json': { schema: { type: 'object', properties } } };
	return { post: { ...common, requestBody: { content: body } } };
}

function defaultOf({ fallback, type }) {
	if (fallback === null || fallback.startsWith('NULL')) return {};
	const text = fallback.replace(/^'(.*)'::text$/s, '$1');
	return { default: TYPES[type].schema.type === 'string' ? text : Number(text) };
}
