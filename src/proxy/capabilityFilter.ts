import { SKILLS_EXTENSION } from '../mcp/extensions.ts';
import { edited, placesOf, type Paths } from './jsonPlaces.ts';

/** Whose the tasks of a list are can't be known. Only the legacy era has it. */
const TASK_LIST: Paths = { result: { capabilities: { tasks: { list: true } } } };

/** What a server offers that a key with tool grants finds nothing in. */
const BESIDE_TOOLS: Paths = {
  result: {
    capabilities: { prompts: true, resources: true, completions: true, extensions: { [SKILLS_EXTENSION]: true } },
  },
  // The notifications that a server agrees to send (MCP 2026-07-28, basic/utilities/subscriptions).
  params: { notifications: { promptsListChanged: true, resourcesListChanged: true, resourceSubscriptions: true } },
};

/** Notifications about what a key with tool grants finds nothing in. */
const ABOUT_OTHERS: ReadonlySet<unknown> = new Set([
  'notifications/prompts/list_changed',
  'notifications/resources/list_changed',
  'notifications/resources/updated',
]);

/** Cuts `tasks/list` out of what a server offers in its answer to `initialize`. */
export function withoutTaskList(json: string): string {
  return without(json, TASK_LIST);
}

/** Cuts prompts, resources and completions out of what a server offers. */
export function toolCapabilitiesOnly(json: string): string {
  return without(json, BESIDE_TOOLS);
}

/** Tells whether a server that offers nothing but tools would never send a message with this method. */
export function isAboutOtherThanTools(method: unknown): boolean {
  return ABOUT_OTHERS.has(method);
}

function without(json: string, paths: Paths): string {
  const places = placesOf(json, paths);
  if (places.length === 0) return json;
  return edited(
    json,
    places.map(({ cutFrom: from, cutTo: to }) => ({ from, to, text: '' })),
  );
}
