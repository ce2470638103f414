import { AppError, Invalid } from '../errors/appError.ts';
import type { SettingType } from './settingTypes.ts';

/** A longer value is cut where it is shown. */
const MAX_SHOWN = 80;

/** Gathers what is wrong with the settings, so that one start shows all of it. */
export class ConfigurationFaults {
  readonly #sentences: string[] = [];

  add(sentence: string): void {
    if (!this.#sentences.includes(sentence)) this.#sentences.push(sentence);
  }

  /** Runs a step, and keeps the sentence of what is wrong with the settings there. */
  collect<Value>(step: () => Value): Value | undefined {
    try {
      return step();
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'config-invalid') throw error;
      this.add(error.message);
      return undefined;
    }
  }

  /** Checks a value against its type. @param where its name, and whether it may be shown */
  check<Value>(
    type: SettingType<Value>,
    value: unknown,
    where: { readonly named: string; readonly isSecret: boolean },
  ): Value | undefined {
    const found = type.check(value);
    if (found !== undefined) return found.value;
    this.add(`${where.named} ${where.isSecret ? '' : `is ${shown(value)}, and `}must be ${type.allowed}.`);
    return undefined;
  }

  /** @throws Invalid `config-invalid` with all sentences */
  throwIfAny(): void {
    const [first, ...others] = this.#sentences;
    if (first === undefined) return;
    const message = others.length === 0 ? first : ['These settings are wrong:', ...this.#sentences].join('\n- ');
    throw new Invalid('config-invalid', message, { data: { faults: this.#sentences } });
  }
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text;
}
