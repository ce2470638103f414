import type { Command, Option } from 'commander';
import { faultOfTag } from '../../src/events/tag.ts';
import { KEY_NAME, OWNER } from '../../src/events/textRule.ts';
import { KEY_STATUSES, type KeyStatus } from '../../src/projections/tables/keyFilter.ts';
import {
  asFaultless,
  asText,
  choicesOption,
  dryRunOption,
  listOption,
  nameOf,
  parseCount,
  reasonOption,
  repeatedOption,
} from './options.ts';

/** What one key is named by, in help texts; cli/stores/resolveKey.ts reads it. */
export const ONE_KEY = 'a key: its name, its id or either end of it, or the beginning of its text, mcp_…';

const SEVERAL_KEYS = 'keys: each by its name, its id or either end of it, or the beginning of its text, mcp_…';

/** Which keys are meant, as it is typed; cli/stores/keyFilter.ts reads it. */
export interface KeyFilterOptions {
  readonly tag?: readonly string[];
  readonly owner?: string;
  readonly status?: readonly KeyStatus[];
  readonly name?: string;
  readonly match?: string;
  readonly grant?: readonly string[];
  readonly role?: readonly string[];
  readonly unusedSince?: string;
  readonly expiresBefore?: string;
}

/** Adds `--tag` and `--owner` as what keys are found by. */
export function addLabelFilter(command: Command): Command {
  return command
    .addOption(tagOption('--tag', 'only keys with this tag, as team=search; repeatable: with all of them'))
    .option('--owner <owner>', 'only keys of this owner', asText(OWNER));
}

/** Adds the options that say which keys are meant. */
export function addKeyFilter(command: Command): Command {
  return addOtherFilters(addAccessFilter(addLabelFilter(command), '--'));
}

/**
 * Adds what a change of keys takes: several of them by their names, or options that say which are meant. What the command gives
 * to keys has its own name there, so that what they are found by begins with `--with-`.
 */
export function addKeysToChange(command: Command, gives?: 'labels' | 'grants'): Command {
  const labelled =
    gives === 'labels'
      ? command
          .addOption(tagOption('--with-tag', 'only keys with this tag; repeatable: with all of them'))
          .option('--with-owner <owner>', 'only keys of this owner', asText(OWNER))
      : addLabelFilter(command);
  return addOtherFilters(addAccessFilter(labelled, gives === 'grants' ? '--with-' : '--'))
    .argument('[keys...]', SEVERAL_KEYS)
    .option('--all', 'all keys that it can be done to')
    .option('--expect <count>', 'only if so many keys are meant', parseCount)
    .option('--confirm', 'yes, all that are meant')
    .addOption(reasonOption())
    .addOption(dryRunOption());
}

function addAccessFilter(command: Command, before: '--' | '--with-'): Command {
  return command
    .addOption(listOption(`${before}grant <grant>`, 'only keys with this grant, or one for tools of this server'))
    .addOption(listOption(`${before}role <role>`, 'only keys with this role'));
}

function addOtherFilters(command: Command): Command {
  return command
    .addOption(
      choicesOption('--status <status>', `only keys that are ${KEY_STATUSES.join(', ')}; repeatable`, KEY_STATUSES),
    )
    .option('--name <text>', 'only keys with this in their name', asText(KEY_NAME))
    .option(
      '--match <words>',
      'only keys with each of these words in their name, description, owner, grants, tags or roles',
      asText(KEY_NAME),
    )
    .option(
      '--unused-since <time>',
      'only keys that were there by then, and that nobody has used since: 30d ago',
      nameOf(64),
    )
    .option('--expires-before <time>', 'only keys that expire before: 2027-01-31, in 30d', nameOf(64));
}

/** A tag, checked as it is typed. */
export function tagOption(flag: '--tag' | '--with-tag', description: string): Option {
  const check = asFaultless(faultOfTag);
  return repeatedOption(`${flag} <name=value>`, description).argParser(
    (text: string, before: readonly string[] | undefined) => [...(before ?? []), check(text)],
  );
}
