/** Room for what is read whole, given back by its lender at the latest when the answer has been passed on. */
export interface Room {
  /** @throws Limited when there is none */
  grow(bytes: number): void;
  /** Gives all of it back; it can grow again. */
  release(): void;
}
