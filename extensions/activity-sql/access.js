/** Who may ask: administrators, and who holds the policy of that name (Directus 11 and later). */
import { BlockList, isIPv6 } from 'node:net';

const POLICIES = `
	SELECT policy.ip_access
	FROM ??.directus_access AS access
	JOIN ??.directus_policies AS policy ON policy.id = access.policy
	WHERE policy.name = ?
		AND (access."user" = ?::uuid OR access.role = ANY (?::uuid[]))`;

export async function mayAsk(accountability, database, schema, policy) {
	if (accountability?.admin === true) return true;
	if (!accountability?.user || accountability.share) return false;
	const {
		rows: [{ there }],
	} = await database.raw("SELECT to_regclass(format('%I.directus_access', ?::text)) IS NOT NULL AS there", [
		schema,
	]);
	if (!there) return false;
	const roles = accountability.roles ?? [accountability.role].filter(Boolean);
	const { rows } = await database.raw(POLICIES, [
		schema,
		schema,
		policy,
		accountability.user,
		roles,
	]);
	return rows.some((row) => !row.ip_access || includes(row.ip_access, accountability.ip));
}

/** Whether a policy's addresses, networks and ranges hold `ip`; what cannot be read holds none. */
function includes(list, ip) {
	const family = (address) => (isIPv6(address) ? 'ipv6' : 'ipv4');
	const networks = new BlockList();
	try {
		for (const entry of list.split(',').map((text) => text.trim())) {
			const [start, end] = entry.split('-');
			const [network, bits] = entry.split('/');
			if (bits) networks.addSubnet(network, Number(bits), family(network));
			else if (end) networks.addRange(start, end, family(start));
			else if (entry) networks.addAddress(entry, family(entry));
		}
		return networks.check(ip, family(ip));
	} catch {
		return false;
	}
}
