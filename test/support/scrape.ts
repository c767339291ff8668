// The text of a scrape, read as Prometheus reads it.

export interface ScrapedSample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface Scrape {
  /** Type by name of series. */
  readonly types: ReadonlyMap<string, string>;
  readonly samples: readonly ScrapedSample[];
}

const SAMPLE = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/;
const LABEL = /(\w+)="((?:[^"\\]|\\.)*)"/g;

/** @throws Error naming a line that is neither a comment nor a sample */
export function readScrape(text: string): Scrape {
  const lines = text.split('\n').filter((line) => line !== '');
  const comments = lines.filter((line) => line.startsWith('#'));
  const types = comments.flatMap((line) => {
    const [, name = '', type = ''] = /^# TYPE (\S+) (\S+)$/.exec(line) ?? [];
    return name === '' ? [] : [[name, type] as const];
  });
  return {
    types: new Map(types),
    samples: lines.filter((line) => !line.startsWith('#')).map(readSample),
  };
}

function readSample(line: string): ScrapedSample {
  const [matched, name = '', labels = '', value = ''] = SAMPLE.exec(line) ?? [];
  if (matched === undefined) throw new Error(`not a sample: ${line}`);
  const pairs = [...labels.matchAll(LABEL)].map(([, label = '', text = '']) => [label, text]);
  return {
    name,
    labels: Object.fromEntries(pairs),
    value: Number(value.replace('Inf', 'Infinity')),
  };
}

/** The value of the one sample of that name; undefined where there is none. */
export function sampleOf({ samples }: Scrape, name: string): number | undefined {
  return samples.find((sample) => sample.name === name)?.value;
}
