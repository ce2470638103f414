// Tags of a key: what it belongs to, as name=value. A name stands once for a key, so that a tag is changed by giving it anew.

/** A tag as it is written: `team=search`. It has no character that a shell or a URL needs quoted. */
export const TAG = /^[a-z0-9]([a-z0-9._/-]{0,61}[a-z0-9])?=[A-Za-z0-9._/:@-]{1,128}$/;

/** A longer tag is in no event of ours, and fits no entry of the index of tags. */
export const READABLE_TAG_CHARACTERS = 512;

/** Tags that one key may have: they are read with every list of keys. */
export const MAX_TAGS = 32;

/** Says what is wrong with a tag, as the end of a sentence; undefined: nothing. */
export function faultOfTag(tag: string): string | undefined {
  return TAG.test(tag)
    ? undefined
    : 'must be NAME=VALUE, as team=search: a name of at most 63 lower-case letters, digits and . _ / -, which begins and ends with a letter or digit; a value of at most 128 letters, digits and . _ / : @ -';
}

/** The name in a tag. */
export function tagNameOf(tag: string): string {
  return tag.slice(0, tag.indexOf('='));
}

/** Puts tags in the place of those of the same names. @returns sorted, so that their order means nothing */
export function withTags(before: readonly string[], tags: readonly string[]): string[] {
  const names = new Set(tags.map(tagNameOf));
  return [...before.filter((tag) => !names.has(tagNameOf(tag))), ...tags].sort();
}
