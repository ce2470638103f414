import { listPrompts, listResources, listResourceTemplates, listTools } from '../../../../src/upstream/catalogue.ts';
import type { JobKind } from '../../frame/model.ts';
import { leftOutText } from '../tool/leftOutText.ts';
import { serverToVisit } from '../tool/serverToVisit.ts';
import type { Catalogue } from './catalogue.ts';

/** Reads what a server offers. */
export const BROWSE: JobKind<{ readonly server: string }, Catalogue> = {
  async run({ stores }, { server: name }, { signal }) {
    const server = await serverToVisit(stores, name);
    const { visitServer } = await import('../../../upstream/serverVisit.ts');
    return visitServer(server, { signal }, async ({ upstream }) => {
      const [tools, resources, templates, prompts] = await Promise.all([
        listTools(upstream, { signal }),
        listResources(upstream, { signal }),
        listResourceTemplates(upstream, { signal }),
        listPrompts(upstream, { signal }),
      ]);
      const unusable = leftOutText([tools, resources, templates, prompts].map(({ leftOut }) => leftOut));
      return {
        ok: true,
        message: unusable === '' ? '' : `Left out: ${unusable}.`,
        result: {
          tools: tools.items,
          resources: resources.items,
          templates: templates.items,
          prompts: prompts.items,
        },
      };
    });
  },
};
