/** What the clients declare when they can be asked. */
export const CAPABILITIES = { sampling: {}, elicitation: {}, roots: { listChanged: true } };

/** The client's roots. */
export const ROOTS = [{ uri: 'file:///srv/project', name: 'project' }];

/** What the user fills in, by the name of the field. */
const FORM: Readonly<Record<string, string | boolean>> = {
  username: 'ada',
  email: 'ada@example.com',
  name: 'Ada',
  color: 'green',
  context: 'a test',
  ok: true,
};

/** Answers a sampling request with its own prompt. */
export function sample(params: { messages: readonly { content: unknown }[] }) {
  const text = `You said ${JSON.stringify(params.messages[0]?.content)}`;
  return { model: 'parrot-1', role: 'assistant' as const, content: { type: 'text' as const, text } };
}

/** Accepts an elicitation and fills in the fields that it asks for. */
export function elicit(params: { requestedSchema?: { properties: object } }) {
  const fields = Object.keys(params.requestedSchema?.properties ?? {});
  const known = Object.entries(FORM).filter(([name]) => fields.includes(name));
  return { action: 'accept' as const, content: Object.fromEntries(known) };
}
