import type { Administration } from '../../../src/administration/administration.ts';
import type { Labels } from '../../../src/commands/apiKey.ts';
import { Invalid } from '../../../src/errors/appError.ts';
import { tagNameOf, tagsSchema, withTags } from '../../../src/events/tag.ts';
import { plainFault } from '../../../src/plainFault.ts';
import type { Cli } from '../../cli.ts';
import { escape } from '../../../src/escape.ts';
import { misuse } from '../../input/misuse.ts';
import { commandContext } from '../../stores/commandContext.ts';
import { resolveKey } from '../../stores/resolveKey.ts';
import { answerDryRun } from '../../views/dryRun.ts';
import { answerKeyChange } from '../../views/keyChange.ts';
import { keySubject, listed } from '../../views/keyView.ts';

export interface LabelKeyOptions {
  readonly tag?: readonly string[];
  /** Names. */
  readonly removeTag?: readonly string[];
  /** False: `--no-owner`. */
  readonly owner?: string | false;
  readonly reason?: string;
  readonly dryRun?: boolean;
}

/** Changes what a key is found by. */
export async function labelKey(cli: Cli, typed: string, options: LabelKeyOptions): Promise<void> {
  const { tag = [], removeTag = [], owner, reason, dryRun = false } = options;
  if (tag.length === 0 && removeTag.length === 0 && owner === undefined) {
    throw misuse('Say what to change: --tag, --remove-tag, --owner or --no-owner.');
  }
  const whole = removeTag.find((each) => each.includes('='));
  if (whole !== undefined) throw misuse(`Name the tag alone: --remove-tag ${tagNameOf(whole)}`);
  const both = checkedTags(tag).find((each) => removeTag.includes(tagNameOf(each)));
  if (both !== undefined) throw misuse(`--tag and --remove-tag exclude each other for ${tagNameOf(both)}.`);
  const revise = (current: Labels): Labels => ({
    owner: owner === undefined ? current.owner : owner === false ? undefined : owner,
    tags: checkedTags(
      withTags(
        current.tags.filter((each) => !removeTag.includes(tagNameOf(each))),
        tag,
      ),
    ),
  });
  await cli.withStores(
    async ({ stores }) => {
      const { db } = stores;
      const key = await resolveKey(db, typed);
      const change = ({ keys }: Administration) => keys.label(key.id, revise, commandContext(cli), { reason });
      if (dryRun) return answerDryRun(cli, keySubject(key), stores, change);
      const result = await change(stores);
      const row = await resolveKey(db, key.id);
      const of = row.owner === null ? 'no owner' : `the owner ${escape(row.owner)}`;
      const verb = result.changed ? 'now has' : 'already has';
      await answerKeyChange(cli, row, result, `${verb} ${of}, and the tags ${listed(row.tags)}`);
    },
    { readTables: 'as current as possible' },
  );
}

/** Checks all tags of a key. @returns them sorted @throws Invalid `tags-invalid` */
export function checkedTags(tags: readonly string[]): string[] {
  const unique = [...new Set(tags)].sort();
  const [issue] = tagsSchema.safeParse(unique, { error: plainFault }).error?.issues ?? [];
  if (issue !== undefined)
    throw new Invalid('tags-invalid', `The key ${issue.message}. To take one out: --remove-tag NAME`);
  return unique;
}
