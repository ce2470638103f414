import { z } from 'zod';
import { faultOfTag, MAX_TAGS, TAG, tagNameOf } from './tag.ts';

export const tagSchema = z.string().regex(TAG, { error: ({ input }) => faultOfTag(input as string) });

/** All tags of a key. */
export const tagsSchema = z
  .array(tagSchema)
  .max(MAX_TAGS, `may have ${MAX_TAGS} tags at most`)
  .refine((tags) => new Set(tags.map(tagNameOf)).size === tags.length, 'has two values for one tag: give one');
