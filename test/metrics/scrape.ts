/** What a scrape has found: the value of each series, by its name and labels as they are written. */
export type Scrape = ReadonlyMap<string, number>;

/** Reads the metrics, in Prometheus' text format. */
export async function scrape(url: string): Promise<Scrape> {
  const answer = await fetch(url, { headers: { accept: 'text/plain' } });
  return seriesIn(await answer.text());
}

/** Finds the series in a text of either format. */
export function seriesIn(text: string): Scrape {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ')))]),
  );
}

/** Adds up the series of a metric that have all of these labels. */
export function sum(found: Scrape, name: string, ...labels: string[]): number {
  const fitting = [...found].filter(
    ([series]) => series.split('{')[0] === name && labels.every((label) => series.includes(label)),
  );
  return fitting.reduce((total, [, value]) => total + value, 0);
}
