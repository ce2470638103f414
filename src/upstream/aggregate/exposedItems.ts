import { stringifySteps } from '../../mcp/losslessWriting.ts';
import type { Steps } from '../../slices.ts';
import type { JsonObject } from '../../mcp/jsonRpc.ts';
import { withSkillUris } from './answerUris.ts';
import { exposedName } from './exposedNames.ts';
import type { Member } from './member.ts';
import type { ListName } from './memberParts.ts';
import { qualifiedUri } from './qualifiedUris.ts';
import { withUiUris } from './uiUris.ts';

/** The member of an item that names it. */
const KEY: Readonly<Record<ListName, string>> = {
  tools: 'name',
  prompts: 'name',
  resources: 'uri',
  resourceTemplates: 'uriTemplate',
  skills: 'uri',
};

/** An item of a list as clients of an aggregate get it. */
export interface ExposedItem {
  /** By which clients name it, and which no other item of the server has. */
  readonly key: string;
  /** By which the server names it. */
  readonly own: string;
  readonly json: string;
}

/**
 * Writes an item of a member's list for clients: its name or URI leads back to the server, and so does the URI of a tool's
 * interface. That is left out for a key with tool grants, which can't read it. All else stays as it is.
 */
export function* exposedItem(list: ListName, { server, prefix, grant }: Member, item: JsonObject): Steps<ExposedItem> {
  const name = KEY[list];
  const own = String(item[name]);
  if (list === 'skills') {
    const skill = withSkillUris(server, item);
    return { key: String(skill['uri']), own, json: yield* stringifySteps(skill) };
  }
  const key = name === 'name' ? exposedName(prefix, own) : qualifiedUri(server, own);
  const named = key === own ? item : { ...item, [name]: key };
  const exposed =
    list === 'tools' ? withUiUris(named, (uri) => (grant === 'all' ? qualifiedUri(server, uri) : undefined)) : named;
  return { key, own, json: yield* stringifySteps(exposed) };
}
