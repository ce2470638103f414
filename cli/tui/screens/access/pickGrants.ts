import { rememberedTools } from '../../../../src/catalogue/rememberedTools.ts';
import { findServer, listServerNames } from '../../../../src/projections/tables/mcpServers.ts';
import type { Stores } from '../../../../src/stores/stores.ts';
import type { JobKind } from '../../frame/model.ts';
import { answerField } from '../form/form.ts';
import { withField, type FieldOfForm } from '../form/reduce.ts';
import { pickerScreen, type Option } from '../picker/pickerScreen.ts';
import { namesIn } from './namesIn.ts';

/** Tools of one server that are offered: whoever wants others writes a pattern. */
const MAX_TOOLS = 200;

/** Shows the servers that there are and the tools that they have shown, to choose grants from. */
export const PICK_GRANTS: JobKind<FieldOfForm> = {
  async run({ stores: { db } }, { field, value }) {
    const servers = await listServerNames(db);
    const options: Option[] = [{ value: '*', about: 'every server, those to come too' }];
    for (const server of servers) {
      options.push({ value: server, about: 'all that it offers' });
      for (const tool of await toolsOf(db, server)) options.push({ value: `${server}:${tool}`, about: '' });
    }
    const chosen = namesIn(value);
    // What is written and is no option, as a pattern, stays.
    const known = new Set(options.map((option) => option.value));
    const written = chosen
      .filter((each) => !known.has(each))
      .map((each) => ({ value: each, about: 'as it is written' }));
    const take = (state: Parameters<typeof withField>[0], taken: readonly string[]) =>
      withField(state, (form) => answerField(form, field, taken.join(', ')));
    return {
      ok: true,
      message: '',
      opens: pickerScreen({ title: 'Grants', options: [...written, ...options], chosen, take }),
    };
  },
};

async function toolsOf(db: Stores['db'], server: string): Promise<readonly string[]> {
  const row = await findServer(db, server);
  if (row === undefined) return [];
  const names = new Set<string>();
  for await (const { tools } of rememberedTools(db, row)) {
    for (const { name } of tools) if (names.size < MAX_TOOLS) names.add(name);
  }
  return [...names].sort();
}
