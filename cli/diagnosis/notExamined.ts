/** Something can't be looked at: because of what another check reports, or because looking would make it. Its message is a sentence. */
export class NotExamined extends Error {
  override readonly name = 'NotExamined';
  /** What to do; without one, what the other check says. */
  readonly remedy: string | undefined;

  constructor(message: string, remedy?: string) {
    super(message);
    this.remedy = remedy;
  }
}
