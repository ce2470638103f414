/** A place in a text that something else stands for. */
export type Reference =
  | {
      readonly kind: 'env';
      readonly name: string;
      readonly fallback: string | undefined;
      /** True where it is not of the form `${NAME}`, and so might be text after all. (Default: false) */
      readonly isForeign?: true;
      /** The values that it may have. (Default: any) */
      readonly choices?: readonly string[];
    }
  | { readonly kind: 'input'; readonly id: string }
  | { readonly kind: 'file'; readonly path: string }
  /** Of a form that we do not know; it is never taken for text. */
  | { readonly kind: 'unknown' }
  /** What somebody meant to replace by hand, or what no rule resolves; `shown` is its form without what it holds. */
  | { readonly kind: 'placeholder'; readonly shown: string };

/** Names the environment variable that answers a reference: of `${input:gw-key}` it is GW_KEY. */
export function variableOf(reference: Reference): string | undefined {
  if (reference.kind === 'env') return reference.name;
  return reference.kind === 'input' ? reference.id.toUpperCase().replace(/[^A-Z0-9]+/g, '_') : undefined;
}
