/** The member of `_meta` that names the task a message belongs to (MCP 2025-11-25, basic/utilities/tasks). */
export const RELATED_TASK = 'io.modelcontextprotocol/related-task';

/** The extension that tasks are from 2026-07-28 on. */
export const TASKS_EXTENSION = 'io.modelcontextprotocol/tasks';

/** Methods that name a task in `params.taskId`; either era may ask for any of them. */
export const TASK_METHODS: ReadonlySet<string> = new Set(['tasks/cancel', 'tasks/get', 'tasks/result', 'tasks/update']);

/** Members of `params.notifications` that name tasks to watch; the second one is a draft's. */
export const TASK_SUBSCRIPTIONS = ['taskIds', 'tasksStatus'] as const;

/**
 * Matches a JSON text that may be about tasks, in whatever spelling and with whatever escapes: one that does not
 * match needs no further look. The odd letters are those that case folding takes for s and k.
 */
const MAY_CONCERN_TASKS = /ta[sſ][kK]|\\u(?:00[4-7]|017f|212a)/i;

/** Tells whether a JSON text needs a closer look for tasks. */
export function mayConcernTasks(json: string): boolean {
  return MAY_CONCERN_TASKS.test(json);
}
