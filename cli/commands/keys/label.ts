import type { CommandResult } from '../../../src/administration/enforcement.ts';
import { present } from '../../../src/administration/present.ts';
import type { Labels } from '../../../src/commands/apiKey.ts';
import { Invalid } from '../../../src/errors/appError.ts';
import { tagNameOf, withTags } from '../../../src/events/tag.ts';
import { tagsSchema } from '../../../src/events/tagSchema.ts';
import { plainFault } from '../../../src/plainFault.ts';
import type { Cli } from '../../cli.ts';
import { escape } from '../../../src/escape.ts';
import { misuse } from '../../input/misuse.ts';
import { listed } from '../../views/keyView.ts';
import { changeKeys } from './changeKeys.ts';
import type { KeyChangeOptions } from './keyChange.ts';

export interface LabelKeyOptions extends Omit<KeyChangeOptions, 'tag' | 'owner'> {
  readonly tag?: readonly string[];
  /** Names. */
  readonly removeTag?: readonly string[];
  /** False: `--no-owner`. */
  readonly owner?: string | false;
  /** Which keys are meant. */
  readonly withTag?: readonly string[];
  readonly withOwner?: string;
}

/** Changes what a key is found by, or those that are meant. */
export async function labelKeys(cli: Cli, typed: readonly string[], options: LabelKeyOptions): Promise<void> {
  const { tag = [], removeTag = [], owner, withTag, withOwner, ...others } = options;
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
  const which = { ...others, ...present({ tag: withTag, owner: withOwner }) };
  await changeKeys(
    cli,
    typed,
    which,
    {
      verb: 'label',
      run: ({ keys }, { id }, context, { ifMatch }) =>
        keys.label(id, revise, context, { ifMatch, reason: options.reason }),
      predicate: ({ changed }: CommandResult) => (changed ? 'is labelled' : 'was so already'),
    },
    ({ changed }, row) => {
      const of = row.owner === null ? 'no owner' : `the owner ${escape(row.owner)}`;
      return `${changed ? 'now has' : 'already has'} ${of}, and the tags ${listed(row.tags)}`;
    },
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
