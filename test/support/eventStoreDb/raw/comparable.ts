/** Gives numbers and ids that a server makes up the names of their order, so that two servers' answers can be compared. */
export function comparable(value: unknown, ids: readonly string[]): unknown {
  const positions = new Map<string, number>();

  /** Positions keep their order, which is what matters of them. */
  function collectPositions(part: unknown, key = ''): void {
    if (isPosition(key, part)) positions.set(part, 0);
    else if (typeof part === 'object' && part !== null) {
      for (const [name, member] of Object.entries(part)) collectPositions(member, name);
    }
  }

  function convert(part: unknown, key = ''): unknown {
    if (isPosition(key, part)) return `position ${positions.get(part)}`;
    if (typeof part === 'string') return /^[0-9a-f-]{36}$/.test(part) && !ids.includes(part) ? 'an id' : part;
    if (Array.isArray(part)) return part.map((member) => convert(member));
    if (typeof part !== 'object' || part === null) return part;
    if ('streamRevision' in part && 'metadataMap' in part) return line(part as RecordedEvent);
    return Object.fromEntries(
      Object.entries(part).flatMap(([name, member]) => (isSaid(name, member) ? [[name, convert(member, name)]] : [])),
    );
  }

  /** An event in one line, so that a difference can be read. */
  function line(event: RecordedEvent): string {
    const stream = Buffer.from(event.streamIdentifier.streamName, 'base64').toString();
    const data = Buffer.from(event.data, 'base64').toString();
    const properties = event.metadataMap.flatMap(([name, text]) => (name === 'created' ? [] : [`${name} ${text}`]));
    const [id, commit, prepare] = [convert(event.id?.string), event.commitPosition, event.preparePosition].map(String);
    const position = `${positions.get(commit!) ?? commit}/${positions.get(prepare!) ?? prepare}`;
    return `${stream}@${event.streamRevision} ${id} ${properties.sort().join(', ')}: ${data} at ${position}`;
  }

  collectPositions(value);
  const inOrder = [...positions.keys()].sort((a, b) => (BigInt(a) < BigInt(b) ? -1 : 1));
  for (const [index, position] of inOrder.entries()) positions.set(position, index);
  return convert(value);
}

interface RecordedEvent {
  readonly id?: { readonly string: string };
  readonly streamIdentifier: { readonly streamName: string };
  readonly streamRevision: string;
  readonly metadataMap: readonly (readonly [string, string])[];
  readonly data: string;
  readonly commitPosition: string;
  readonly preparePosition: string;
}

/** Fields for clients of before 20.6 repeat what others say; the wire server leaves them out. */
function isSaid(name: string, member: unknown): boolean {
  return member !== undefined && !name.endsWith('2060');
}

/** The largest is said where there is none. */
function isPosition(key: string, part: unknown): part is string {
  return /^(commit|prepare)Position$/.test(key) && typeof part === 'string' && part !== '0' && part.length < 19;
}
