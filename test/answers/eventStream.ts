/** An event as a client gets it. */
export interface StreamEvent {
  readonly type: string;
  readonly data: string;
}

/**
 * Reads an event stream to the letter of WHATWG HTML, 9.2.6 "Interpreting an event stream": the yardstick, and so written
 * without what the gateway reads streams with.
 */
export class EventStream {
  /** Where the client resumes; empty: nowhere. */
  lastEventId = '';
  #line = '';
  #afterCr = false;
  #atStart = true;
  #type = '';
  #data: string[] = [];
  #id: string | undefined;

  /** Takes the next text and returns the events that are whole now. */
  push(text: string): StreamEvent[] {
    const events: StreamEvent[] = [];
    for (const character of text) {
      const afterCr = this.#afterCr;
      this.#afterCr = character === '\r';
      if (character === '\n' && afterCr) continue;
      if (character === '\n' || character === '\r') this.#end(this.#takeLine(), events);
      else this.#line += character;
    }
    return events;
  }

  #takeLine(): string {
    const line = this.#atStart && this.#line.startsWith('\uFEFF') ? this.#line.slice(1) : this.#line;
    this.#atStart = false;
    this.#line = '';
    return line;
  }

  #end(line: string, events: StreamEvent[]): void {
    if (line === '') {
      this.lastEventId = this.#id ?? this.lastEventId;
      if (this.#data.length > 0) events.push({ type: this.#type || 'message', data: this.#data.join('\n') });
      this.#type = '';
      this.#data = [];
      return;
    }
    const colon = line.indexOf(':');
    if (colon === 0) return;
    const field = colon === -1 ? line : line.slice(0, colon);
    const value = colon === -1 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'data') this.#data.push(value);
    else if (field === 'event') this.#type = value;
    else if (field === 'id' && !value.includes('\0')) this.#id = value;
  }
}
