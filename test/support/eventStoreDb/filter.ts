import type { ReadReq } from '@eventstore/db-client/generated/streams_pb.js';

import { PAGE_EVENTS, type Allows } from './allPage.ts';
import type { EventLog } from './eventLog.ts';
import { rpcErrors } from './rpcErrors.ts';

export interface EventFilter {
  readonly allows: Allows;
  readonly searchWindow: number;
  /** After how many considered events a subscription hears where it stands. */
  readonly checkpointInterval: number;
}

/** What every reader of `$all` is spared. */
function isHidden(stream: string): boolean {
  if (stream === '$epoch-information') return true;
  return stream.startsWith('$persistentsubscription-$all::') && /-(checkpoint|parked)$/.test(stream);
}

/** The filter of a reader who asked for none. */
export function noFilter(log: EventLog): Allows {
  const hidden = remembered((stream) => isHidden(log.streamNames.name(stream)));
  return (number) => !hidden(log.streamOf(number));
}

/** Builds the filter a read asked for. @throws RpcError */
export function parseFilter(log: EventLog, options: ReadReq.Options.FilterOptions, subscribing: boolean): EventFilter {
  if (!options.hasMax() && !options.hasCount()) {
    throw rpcErrors.notACase('ReadReq+Types+Options+Types+FilterOptions+WindowOneofCase');
  }
  const searchWindow = options.hasMax() ? options.getMax() : PAGE_EVENTS;
  const multiplier = options.getCheckpointintervalmultiplier();
  if (subscribing && multiplier === 0) throw rpcErrors.handlerThrew();
  const checkpointInterval = multiplier * searchWindow;

  const byStream = options.getStreamIdentifier();
  const expression = byStream ?? options.getEventType();
  if (expression === undefined) throw rpcErrors.invalidArgument('the filter names neither streams nor event types');
  const pattern = expression.getRegex() === '' ? undefined : parseExpression(expression.getRegex());
  const prefixes = expression.getPrefixList();
  const matches = (name: string): boolean => pattern?.test(name) ?? prefixes.some((prefix) => name.startsWith(prefix));

  const names = byStream === undefined ? log.typeNames : log.streamNames;
  const named = remembered((name) => matches(names.name(name)));
  const unhidden = noFilter(log);
  const of = (number: number): number => (byStream === undefined ? log.typeOf(number) : log.streamOf(number));
  return { allows: (number) => named(of(number)) && unhidden(number), searchWindow, checkpointInterval };
}

/** @throws RpcError */
function parseExpression(expression: string): RegExp {
  try {
    return new RegExp(expression);
  } catch {
    throw rpcErrors.handlerThrew();
  }
}

/** Asks about each name once. */
function remembered(ask: (name: number) => boolean): (name: number) => boolean {
  const answers: (boolean | undefined)[] = [];
  return (name) => (answers[name] ??= ask(name));
}
