/** The titles of the panes in the order of the tabs, for the first frame: it is drawn before the panes are loaded. */
export const PANE_TITLES = ['Keys', 'Servers', 'Activity', 'Audit', 'Usage', 'Roles'] as const;
