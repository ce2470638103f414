import { AppError } from './errors/appError.ts';
import type { Gateway } from './runningGateway.ts';
import type { Logger } from './logging/logger.ts';
import type { ServiceNotifier } from './serviceNotifier.ts';
import type { Configuration, EffectiveSetting, Settings } from './settings/settings.ts';

export interface SettingsRereadingOptions {
  readonly configuration: Configuration;
  readonly read: () => Configuration;
  readonly logger: Logger;
  readonly notify: Pick<ServiceNotifier, 'reloading' | 'ready'>;
}

/**
 * Reads the settings again at SIGHUP: files may have changed, the environment of a process can't. What is wrong with them leaves the
 * present ones as they are. A signal that comes during the start is answered after it.
 */
export class SettingsRereading {
  readonly #options: SettingsRereadingOptions;
  /** As the process began with them, but for what could be changed since. */
  #present: readonly EffectiveSetting[];
  #settings: Settings;
  #gateway: Pick<Gateway, 'reread'> | undefined;
  #isDue = false;
  readonly #onSignal = (): void => void this.reread();

  constructor(options: SettingsRereadingOptions) {
    this.#options = options;
    this.#present = options.configuration.effective;
    this.#settings = options.configuration.settings;
  }

  /** Those that hold now. */
  get settings(): Settings {
    return this.#settings;
  }

  followSignal(): void {
    process.on('SIGHUP', this.#onSignal);
  }

  /** Reads them, at once or after the start. */
  async reread(): Promise<void> {
    this.#isDue = true;
    if (this.#gateway !== undefined) await this.#reread(this.#gateway);
  }

  /** From now on there is somebody who takes what has changed. */
  serve(gateway: Pick<Gateway, 'reread'>): void {
    this.#gateway = gateway;
    if (this.#isDue) this.#onSignal();
  }

  [Symbol.dispose](): void {
    process.off('SIGHUP', this.#onSignal);
  }

  async #reread(gateway: Pick<Gateway, 'reread'>): Promise<void> {
    const { logger, notify, read } = this.#options;
    await notify.reloading();
    this.#isDue = false;
    try {
      this.#take(read(), gateway);
    } catch (error) {
      if (!(error instanceof AppError)) logger.error({ err: error }, 'the settings could not be read again');
      else logger.error({ reason: error.message }, 'the settings stay as they were: the new ones are wrong');
    }
    await notify.ready();
  }

  #take({ settings, effective, warnings }: Configuration, gateway: Pick<Gateway, 'reread'>): void {
    const { logger } = this.#options;
    const present = new Map(this.#present.map((each) => [each.definition.variable, each]));
    const changed = effective.filter((each) => !isSame(each, present.get(each.definition.variable)));
    const taken = changed.filter(({ definition }) => definition.isReread);
    const left = changed.filter(({ definition }) => !definition.isReread);
    this.#settings = settings;
    this.#present = [...this.#present].map(
      (before) => taken.find(({ definition }) => definition.variable === before.definition.variable) ?? before,
    );
    if (taken.some(({ definition }) => definition.variable === 'LOG_LEVEL')) logger.level = settings.logLevel;
    gateway.reread(settings);
    const names = (list: readonly EffectiveSetting[]) => list.map(({ definition }) => definition.variable);
    logger.info({ changed: names(taken), needRestart: names(left) }, 'the settings were read again');
    for (const warning of warnings) logger.warn(warning);
  }
}

function isSame(one: EffectiveSetting, other: EffectiveSetting | undefined): boolean {
  return JSON.stringify(one.value) === JSON.stringify(other?.value);
}
