// Directus's activity has no failed logins; activity_sql.auth_event takes them. Neither what was
// typed as an e-mail address nor the password is kept.
export default ({ action }, { database, logger }) => {
	action('auth.login', async ({ status, user, provider, error }, { accountability }) => {
		if (status !== 'fail') return;
		try {
			await database('auth_event').withSchema('activity_sql').insert({
				event: 'login_failed',
				reason: error?.code ?? null,
				user: user ?? null,
				ip: accountability?.ip ?? null,
				user_agent: accountability?.userAgent ?? null,
				provider,
			});
		} catch (failure) {
			logger.warn(`activity-sql: a failed login was not recorded: ${failure.message}`);
		}
	});
};
