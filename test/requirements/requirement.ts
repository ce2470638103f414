/** A rule that a user or an auditor would ask for. */
export interface Requirement {
  /** One sentence in the present tense. */
  readonly requirement: string;
  /** Where the rule comes from: a specification’s section, or a document of this repository and the heading in it. */
  readonly source: string;
}

/** Rules of one part, whose ids begin with its name: so no id is taken twice. */
export type RequirementsOf<Part extends string> = Readonly<Record<`${Part}-${string}`, Requirement>>;
