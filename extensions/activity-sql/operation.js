import { argumentsFrom, call, readFunctions } from './functions.js';

// For Flows, which administrators make: they may ask whatever reads.
export default {
	id: 'activity-sql',
	handler: async ({ question, arguments: given, stop_when_empty: stops }, { database, env }) => {
		const functions = await readFunctions(database);
		const asked = functions.find(({ name, writes }) => name === question && !writes);
		if (!asked) throw new Error(`No function ${question} of activity-sql reads here.`);
		const values = argumentsFrom(given ?? {}, asked);
		const answer = await call(database, asked, values, Number(env.ACTIVITY_SQL_TIMEOUT ?? 10_000));
		if (stops && asked.isTable && answer.length === 0) throw new Error('There are no rows.');
		return answer;
	},
};
