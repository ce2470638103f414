/** Something can't be looked at, because of what another check reports. Its message is a sentence. */
export class NotExamined extends Error {
  override readonly name = 'NotExamined';
}
