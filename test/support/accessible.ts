// What a page must have for those who do not see it, or have no mouse: names, headings, landmarks, a language.

interface Element {
  readonly tag: string;
  readonly attributes: ReadonlyMap<string, string>;
  /** All between its tags. */
  readonly content: string;
}

/** What is missing, in words; nothing where all is well. */
export function barriersIn(html: string): string[] {
  const all = elementsOf(html.replace(/<(script|style|svg)\b[\s\S]*?<\/\1>/gi, ''));
  const of = (...tags: string[]) => all.filter(({ tag }) => tags.includes(tag));
  const [root] = of('html');
  const [title] = of('title');
  const mains = all.filter(
    ({ tag, attributes }) => tag === 'main' || attributes.get('role') === 'main',
  );
  const labelled = new Set(
    of('label')
      .filter(({ content }) => textOf(content.replace(/<select[\s\S]*?<\/select>/g, '')) !== '')
      .map(({ attributes }) => attributes.get('for')),
  );
  return [
    ...(root?.attributes.get('lang') ? [] : ['no language']),
    ...(textOf(title?.content ?? '') === '' ? ['no title'] : []),
    ...(mains.length === 1 ? [] : [`${mains.length} main landmarks`]),
    ...headingFaults(all),
    ...of('select', 'input', 'textarea')
      .filter(({ attributes }) => attributes.get('type') !== 'hidden')
      .filter((field) => !isNamed(field) && !labelled.has(field.attributes.get('id') ?? ''))
      .map((field) => `a ${field.tag} without a name: ${[...field.attributes].join(' ')}`),
    ...of('a', 'button')
      .filter((one) => one.tag === 'button' || one.attributes.has('href'))
      .filter((one) => !isNamed(one) && textOf(one.content) === '')
      .map(({ tag, attributes }) => `a ${tag} without a name: ${[...attributes].join(' ')}`),
    ...of('button')
      .filter(({ content }) => /<(a [^>]*href|button|input|select)\b/.test(content))
      .map(({ attributes }) => `a button with a control in it: ${[...attributes].join(' ')}`),
    ...of('img')
      .filter(({ attributes }) => !attributes.has('alt'))
      .map(({ attributes }) => `a picture without a text: ${attributes.get('src')}`),
  ];
}

/** One at the top, and none that skips a level on the way down. */
function headingFaults(all: readonly Element[]): string[] {
  const levels = all
    .filter(({ tag }) => /^h[1-6]$/.test(tag))
    .map(({ tag, attributes }) => Number(attributes.get('aria-level') ?? tag.slice(1)));
  const skips = levels.filter((level, i) => level > (levels[i - 1] ?? 0) + 1);
  return [
    ...(levels.includes(1) ? [] : ['no heading of the page']),
    ...skips.map((level) => `a heading of level ${level} below none of the level above`),
  ];
}

function isNamed({ attributes }: Element): boolean {
  return ['aria-label', 'aria-labelledby', 'title', 'placeholder'].some(
    (name) => (attributes.get(name) ?? '').trim() !== '',
  );
}

/** In the order of their opening tags. */
function elementsOf(html: string): Element[] {
  return [...html.matchAll(/<([a-z][a-z0-9]*)((?:\s+[^\s=>"'/]+(?:="[^"]*")?)*)\s*\/?>/gi)].map(
    (match) => {
      const [whole, name = '', inside = ''] = match;
      const tag = name.toLowerCase();
      const attributes = [...inside.matchAll(/([^\s=]+)(?:="([^"]*)")?/g)].map(
        ([, key = '', value = '']) => [key.toLowerCase(), value] as const,
      );
      const start = match.index + whole.length;
      const end = html.indexOf(`</${tag}>`, start);
      const content = end < 0 ? '' : html.slice(start, end);
      return { tag, attributes: new Map(attributes), content };
    },
  );
}

function textOf(html: string): string {
  return html.replace(/<[^>]+>/g, '').trim();
}
