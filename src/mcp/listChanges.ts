const LIST_CHANGE = /^notifications\/(?:tools|prompts|resources)\/list_changed$/;

/** Checks whether a notification of a server says that one of its lists has changed. */
export function isListChange(method: string): boolean {
  return LIST_CHANGE.test(method);
}
