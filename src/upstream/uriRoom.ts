/** Resources that one session watches. */
const MAX_URIS = 1_000;
/** Of all their URIs together, in characters: an idle session keeps them for as long as it may be taken up again. */
const MAX_CHARACTERS = 65_536;

/** What a session may watch, in words for its client. */
export const WATCH_BOUNDS = `${MAX_URIS.toLocaleString('en')} resources, with ${MAX_CHARACTERS.toLocaleString('en')} characters in their URIs together`;

/** The room for the URIs that a session watches. */
export class UriRoom {
  #uris = 0;
  #characters = 0;

  has({ length }: string): boolean {
    return this.#uris < MAX_URIS && this.#characters + length <= MAX_CHARACTERS;
  }

  /** Returns whether there was room. */
  take(uri: string): boolean {
    if (!this.has(uri)) return false;
    this.#uris++;
    this.#characters += uri.length;
    return true;
  }

  giveBack({ length }: string): void {
    this.#uris--;
    this.#characters -= length;
  }
}
