/** The lists of a server, in the order in which they are recorded. */
export const CATALOGUE_LISTS = ['tools', 'prompts', 'resources', 'resourceTemplates'] as const;
