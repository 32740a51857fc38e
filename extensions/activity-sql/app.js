// What the Flow editor shows of the operation. Plain objects: nothing to build.
export const operations = [
	{
		id: 'activity-sql',
		name: 'Activity',
		icon: 'monitoring',
		description: 'Ask a function of activity-sql.',
		overview: ({ question }) => [{ label: 'Function', text: question }],
		options: [
			{
				field: 'question',
				name: 'Function',
				type: 'string',
				meta: {
					width: 'full',
					interface: 'input',
					required: true,
					options: { placeholder: 'get_activity_digest' },
				},
			},
			{
				field: 'arguments',
				name: 'Arguments',
				type: 'json',
				meta: { width: 'full', interface: 'input-code', options: { placeholder: '{ "days": 7 }' } },
			},
			{
				field: 'stop_when_empty',
				name: 'Stop where there are no rows',
				type: 'boolean',
				meta: { width: 'full', interface: 'boolean', note: 'The flow takes its path for failures.' },
				schema: { default_value: false },
			},
		],
	},
];

export const interfaces = [];
export const displays = [];
export const layouts = [];
export const modules = [];
export const panels = [];
export const themes = [];
