import { stat } from 'node:fs/promises';
import type { Clock } from '../clock.ts';
import { AppError } from '../errors/appError.ts';
import type { Logger } from '../logging/logger.ts';
import { readCertificatePair, type CertificateFiles, type CertificatePair } from './certificatePair.ts';

export interface CertificateOptions {
  readonly files: CertificateFiles;
  readonly clock: Clock;
  readonly logger: Logger;
  /** How often the files are looked at, in milliseconds. (Default: 5_000) */
  readonly pollMs?: number;
}

const POLL_MS = 5_000;

/**
 * Reads the certificate of the gateway, and keeps it as the files are.
 * @throws Invalid `config-invalid`, with the remedy
 */
export async function openCertificate(options: CertificateOptions): Promise<Certificate> {
  // Before the files are read: what changes meanwhile is found to be new.
  const state = await stateOf(options.files);
  const pair = await readCertificatePair(options.files, options.clock());
  for (const warning of pair.warnings) options.logger.warn(warning);
  return new Certificate(options, pair, state);
}

/**
 * The certificate that is served. Its files are looked at every few seconds, at what their paths lead to: no watch of the system
 * follows all the ways in which they are replaced (by a rename, by a link to another folder as with Kubernetes and certbot,
 * over a network file system).
 */
export class Certificate implements Disposable {
  readonly #options: CertificateOptions;
  readonly #timer: NodeJS.Timeout;
  readonly #listeners = new Set<(pair: CertificatePair) => void>();
  #pair: CertificatePair;
  /** The files, as they were when they were read last. */
  #state: string;
  /** A fault that is logged when it is there at the next look, too: the two files are replaced one after the other. */
  #isDoubtful = false;
  #reading: Promise<void> | undefined;

  constructor(options: CertificateOptions, pair: CertificatePair, state: string) {
    this.#options = options;
    this.#pair = pair;
    this.#state = state;
    this.#timer = setInterval(() => void this.#look(), options.pollMs ?? POLL_MS).unref();
  }

  get pair(): CertificatePair {
    return this.#pair;
  }

  /** Calls back with each new pair. */
  onChange(listener: (pair: CertificatePair) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Reads the files now, whether they look changed or not. What is wrong with them is logged at once. */
  async reread(): Promise<void> {
    await this.#reading;
    await this.#once(async () => {
      this.#state = await stateOf(this.#options.files);
      await this.#read(true);
    });
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    this.#listeners.clear();
  }

  async #look(): Promise<void> {
    // A slow disk: the next look is soon enough.
    if (this.#reading !== undefined) return;
    await this.#once(async () => {
      const state = await stateOf(this.#options.files);
      if (state === this.#state && !this.#isDoubtful) return;
      const isSettled = state === this.#state;
      this.#state = state;
      await this.#read(isSettled);
    });
  }

  async #once(work: () => Promise<void>): Promise<void> {
    this.#reading = work();
    try {
      await this.#reading;
    } finally {
      this.#reading = undefined;
    }
  }

  async #read(isSettled: boolean): Promise<void> {
    const { files, clock, logger } = this.#options;
    try {
      const pair = await readCertificatePair(files, clock());
      this.#isDoubtful = false;
      if (pair.cert === this.#pair.cert && pair.key === this.#pair.key) return;
      for (const listener of this.#listeners) listener(pair);
      this.#pair = pair;
      const { names, endsAt, warnings } = pair;
      logger.info({ names, until: new Date(endsAt).toISOString() }, 'a new TLS certificate is served');
      for (const warning of warnings) logger.warn(warning);
    } catch (error) {
      this.#isDoubtful = !isSettled;
      if (!isSettled) return;
      if (!(error instanceof AppError)) logger.error({ err: error }, 'the TLS certificate could not be read again');
      else logger.error({ reason: error.message }, 'the TLS certificate stays as it was: the new files are wrong');
    }
  }
}

/** What tells whether files were changed or replaced, without reading them. */
async function stateOf({ certFile, keyFile }: CertificateFiles): Promise<string> {
  const states = [certFile, keyFile].map(async (path) => {
    try {
      const { dev, ino, size, mtimeNs, ctimeNs } = await stat(path, { bigint: true });
      return [dev, ino, size, mtimeNs, ctimeNs].join(' ');
    } catch {
      return 'unreadable';
    }
  });
  return (await Promise.all(states)).join(', ');
}
