import { setTimeout as sleep } from 'node:timers/promises';

import type { ReadReq } from '@eventstore/db-client/generated/streams_pb.js';
import type { ServerWritableStream } from '@grpc/grpc-js';

import { Bell } from './bell.ts';
import type { Fault } from './faults.ts';
import type { Node } from './node.ts';
import { refusalError } from './refusals.ts';

export type ReadCall = ServerWritableStream<ReadReq, Buffer>;

/** Sends the answers of one read or subscription at the pace of its reader, disturbed by the fault planned for it. */
export class Outbox {
  /** Rung when the reader is ready for more or has left. */
  readonly bell = new Bell();
  readonly #node: Node;
  readonly #call: ReadCall;
  readonly #fault: Fault | undefined;
  #events = 0;
  #hasStruck = false;
  #isFull = false;

  constructor(node: Node, call: ReadCall, fault: Fault | undefined) {
    this.#node = node;
    this.#call = call;
    this.#fault = fault;
    call.on('drain', () => {
      this.#isFull = false;
      this.bell.ring();
    });
    call.on('cancelled', () => this.bell.ring());
    call.on('close', () => this.bell.ring());
  }

  get isOpen(): boolean {
    return !this.#call.cancelled && !this.#call.destroyed;
  }

  /** Lets the fault act that strikes before anything is read. @throws RpcError */
  async open(stream: string): Promise<void> {
    const fault = this.#fault;
    if (fault?.fault === 'refuse') throw refusalError(this.#node, fault.error, stream);
    if (fault?.fault === 'delay') await sleep(fault.ms);
    if (fault?.fault === 'hang') await this.#node.faults.hold(this.#call);
    if (fault?.fault === 'run') await fault.action();
    if (fault?.fault === 'drop') await this.#cut();
  }

  /** Sends nothing more. */
  async untilLeft(): Promise<void> {
    while (this.isOpen) await this.bell.wait();
  }

  async event(frame: Buffer): Promise<void> {
    await this.control(frame);
    this.#events++;
    this.#node.eventsSent++;
  }

  async control(frame: Buffer): Promise<void> {
    await this.#strike();
    if (!this.isOpen) return;
    this.#isFull = !this.#call.write(frame);
    while (this.#isFull && this.isOpen) await this.bell.wait();
  }

  async #strike(): Promise<void> {
    const fault = this.#fault;
    if (fault === undefined || !('afterEvents' in fault) || this.#hasStruck || this.#events < fault.afterEvents) return;
    this.#hasStruck = true;
    if (fault.fault === 'stall') return this.#node.faults.hold(this.#call);
    // Only when what was sent before has reached the network: a partial answer, then silence.
    while (this.isOpen && this.#call.writableLength > 0) await new Promise(setImmediate);
    await this.#cut();
  }

  async #cut(): Promise<void> {
    this.#node.connections.cut(this.#call.getPeer());
    while (this.isOpen) await this.bell.wait();
  }
}
