import type { Command, Option } from 'commander';
import { tagSchema } from '../../src/events/tag.ts';
import { keyNameSchema, ownerSchema } from '../../src/events/text.ts';
import { KEY_STATUSES, type KeyStatus } from '../../src/projections/tables/keyFilter.ts';
import { asText, choicesOption, listOption, nameOf, repeatedOption } from './options.ts';

/** What one key is named by, in help texts; cli/stores/resolveKey.ts reads it. */
export const ONE_KEY = 'a key: its name, its id or either end of it, or the beginning of its text, mcp_…';

/** Which keys are meant, as it is typed; cli/stores/keyFilter.ts reads it. */
export interface KeyFilterOptions {
  readonly tag?: readonly string[];
  readonly owner?: string;
  readonly status?: readonly KeyStatus[];
  readonly name?: string;
  readonly grant?: readonly string[];
  readonly role?: readonly string[];
  readonly unusedSince?: string;
  readonly expiresBefore?: string;
}

/** Adds `--tag` and `--owner` as what keys are found by. */
export function addLabelFilter(command: Command): Command {
  return command
    .addOption(tagOption('only keys with this tag, as team=search; repeatable: with all of them'))
    .option('--owner <owner>', 'only keys of this owner', asText(ownerSchema));
}

/** Adds the options that say which keys are meant, but for `--grant` and `--role`, which some commands give to keys. */
export function addKeyFilter(command: Command): Command {
  return addLabelFilter(command)
    .addOption(
      choicesOption('--status <status>', `only keys that are ${KEY_STATUSES.join(', ')}; repeatable`, KEY_STATUSES),
    )
    .option('--name <text>', 'only keys with this in their name', asText(keyNameSchema))
    .option(
      '--unused-since <time>',
      'only keys that were there by then, and that nobody has used since: 30d ago',
      nameOf(64),
    )
    .option('--expires-before <time>', 'only keys that expire before: 2027-01-31, in 30d', nameOf(64));
}

/** Adds `--grant` and `--role` as what keys are found by. */
export function addGrantFilter(command: Command): Command {
  return command
    .addOption(listOption('--grant <grant>', 'only keys with this grant, or one for tools of this server'))
    .addOption(listOption('--role <role>', 'only keys with this role'));
}

/** `--tag`, checked as it is typed. */
export function tagOption(description: string): Option {
  const check = asText(tagSchema);
  return repeatedOption('--tag <name=value>', description).argParser(
    (text: string, before: readonly string[] | undefined) => [...(before ?? []), check(text)],
  );
}
