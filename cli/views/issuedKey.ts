import type { IssuedKey } from '../../src/administration/apiKeys.ts';
import { rolesJson } from '../../src/administration/apiKeyDocument.ts';
import type { RoleOfKey } from '../../src/projections/tables/keyRoles.ts';
import type { Access, Labels } from '../../src/commands/apiKey.ts';
import { CLIENTS, FROM_ENVIRONMENT } from '../clients/client.ts';
import { CLIENT_NAMES } from '../clients/clientNames.ts';
import { claudeCommand, GATEWAY_ENTRY } from '../clients/clientConfiguration.ts';
import { desktopVariableText } from '../clients/desktopVariable.ts';
import { escape } from '../../src/escape.ts';
import { attributed, formatTime, listed, rolesText } from './keyView.ts';
import type { Output } from '../output/output.ts';
import { formatRecord } from '../output/record.ts';
import { pad } from '../output/width.ts';
import { present } from '../../src/administration/present.ts';
import { warnOfPending, warnOfUnconfirmed } from './enforcement.ts';

/** A key just made, and where its clients connect. */
export interface NewKey {
  readonly issued: IssuedKey;
  readonly description: string | undefined;
  readonly access: Omit<Access, 'roles'>;
  /** What they give now. */
  readonly roles: readonly RoleOfKey[];
  readonly labels: Labels;
  readonly endpoint: string;
  /** More of the answer: a sentence for people, members for scripts. */
  readonly more?: { readonly text: string; readonly members: Readonly<Record<string, string>> };
}

/**
 * Answers with a new key and its secret: the only time. It reads no table, because a store that fails now must not take
 * the secret with it.
 */
export async function answerNewKey(output: Output, key: NewKey): Promise<void> {
  const { issued, description, access, roles, labels, endpoint, more } = key;
  const { id, name, apiKey, revision, unconfirmed, pending } = issued;
  const document = {
    id,
    name,
    ...present({ description, owner: labels.owner }),
    ...(labels.tags.length > 0 && { tags: labels.tags }),
    status: 'active',
    scopes: access.scopes,
    grants: access.grants,
    ...(roles.length > 0 && { roles: rolesJson(roles) }),
    ...present({ limits: atLeastOne(access.limits), networks: atLeastOne(access.networks) }),
    ...present({ expires_at: access.expiresAt }),
    revision,
    api_key: apiKey,
    url: endpoint,
    ...more?.members,
    unconfirmed,
    ...present({ pending }),
  };
  await output.answer(document, () => formatNewKey(output, key));
  warnOfUnconfirmed(output, issued);
  warnOfPending(output, issued);
}

function atLeastOne(texts: readonly string[] = []): readonly string[] | undefined {
  return texts.length === 0 ? undefined : texts;
}

function textOf(texts: readonly string[] = []): string | undefined {
  return texts.length === 0 ? undefined : listed(texts);
}

/** A client a line: its name for `connect`, and where its entry belongs. */
function clientLines(): string {
  const width = Math.max(...CLIENT_NAMES.map((name) => name.length));
  return CLIENT_NAMES.map((name) => `${pad(name, width)}  ${CLIENTS[name].where}`).join('\n');
}

/** The secret stands once, on a line of its own so that it is easily copied; clients take it from the environment. */
function formatNewKey(
  { paint, width }: Output,
  { issued, description, access, roles, labels, endpoint, more }: NewKey,
): string {
  const { id, name, apiKey } = issued;
  const { expiresAt } = access;
  const all = { ...access, roles };
  const rule = paint('dim', '─'.repeat(Math.min(apiKey.length, width)));
  return [
    ...(more === undefined ? [] : [more.text]),
    formatRecord(
      [
        ['Name', escape(name)],
        ['ID', id],
        ['Description', description === undefined ? undefined : escape(description)],
        ['Owner', labels.owner === undefined ? undefined : escape(labels.owner)],
        ['Tags', labels.tags.length === 0 ? undefined : listed(labels.tags)],
        ['Scopes', attributed(all, 'scopes')],
        ['Grants', attributed(all, 'grants')],
        ['Roles', roles.length === 0 ? undefined : rolesText(roles)],
        ['Limits', textOf(access.limits)],
        ['Networks', textOf(access.networks)],
        ['Expires', expiresAt === undefined ? 'never' : formatTime(new Date(expiresAt))],
      ],
      paint,
    ),
    `${rule}\n${paint('bold', apiKey)}\n${rule}`,
    'The key is shown this once. Keep it where you keep passwords.\n' +
      `${FROM_ENVIRONMENT}\n${desktopVariableText(process.platform)}`,
    `${paint('bold', CLIENTS['claude-code'].title)}\n${claudeCommand(GATEWAY_ENTRY, endpoint)}`,
    `${paint('bold', 'Any of these')}: metamcp-cli connect NAME shows its entry, with --write it is put into the file\n${clientLines()}`,
  ].join('\n\n');
}
