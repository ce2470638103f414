/** What may stand where the cursor is. */
export interface Candidate {
  readonly value: string;
  readonly description: string;
}
