/** A field of an HTTP head as HTTP libraries hand it on: a list where it was sent several times. */
export type HeaderField = string | readonly string[] | undefined;

/** The fields of an HTTP head, by their names in lower case. */
export type HeaderFields = Readonly<Record<string, string | string[] | undefined>>;

/** Takes the first value of a field that should be there once. */
export function firstOf(field: HeaderField): string | undefined {
  return typeof field === 'string' ? field : field?.[0];
}
