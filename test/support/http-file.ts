// .http files as editors read them: `@name = value`, requests between `###`, and `{{name.response.body.$.a.b[0]}}`.
import { randomUUID } from 'node:crypto';

export interface HttpRequest {
  /** What stands behind `###`. */
  readonly title: string;
  readonly name: string | undefined;
  readonly method: string;
  /** With placeholders, like headers and body. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface HttpFile {
  readonly variables: Readonly<Record<string, string>>;
  readonly requests: readonly HttpRequest[];
}

export interface HttpAnswer {
  readonly request: HttpRequest;
  readonly status: number;
  readonly body: unknown;
}

const PLACEHOLDER = /\{\{([^}]+)\}\}/g;
const OF_ANSWER = /^(\w+)\.response\.body\.\$\.(.+)$/;

export function parseHttpFile(text: string): HttpFile {
  const [head = '', ...blocks] = text.split(/^###/m);
  const variables = [...head.matchAll(/^@(\w+) = (.+)$/gm)].map(([, name = '', value = '']) => [
    name,
    value,
  ]);
  return { variables: Object.fromEntries(variables), requests: blocks.map(parseRequest) };
}

function parseRequest(block: string): HttpRequest {
  const [title = '', ...lines] = block.split('\n');
  const name = lines.map((line) => /^# @name (\w+)$/.exec(line)?.[1]).find(Boolean);
  const [request = '', ...rest] = lines.filter((line) => !line.startsWith('#'));
  const [method = '', url = ''] = request.split(' ');
  const end = rest.indexOf('');
  const headers = rest.slice(0, end).map((line) => line.split(/: (.+)/).slice(0, 2));
  return {
    title: title.trim(),
    name,
    method,
    url,
    headers: Object.fromEntries(headers),
    body: rest.slice(end).join('\n').trim(),
  };
}

/** Sends the requests one after the other. @throws Error where a placeholder names nothing */
export async function sendAll(
  { variables, requests }: HttpFile,
  given: Readonly<Record<string, string>>,
): Promise<HttpAnswer[]> {
  const answers: HttpAnswer[] = [];
  const fill = (text: string) =>
    text.replaceAll(PLACEHOLDER, (_all, name: string) =>
      resolve(name, { ...variables, ...given }, answers),
    );
  for (const request of requests) {
    const { method, url, headers, body } = request;
    const response = await fetch(fill(url), {
      method,
      headers: Object.entries(headers).map(([key, value]): [string, string] => [key, fill(value)]),
      ...(body === '' ? {} : { body: fill(body) }),
    });
    const text = await response.text();
    answers.push({ request, status: response.status, body: text && JSON.parse(text) });
  }
  return answers;
}

function resolve(
  name: string,
  variables: Readonly<Record<string, string>>,
  answers: readonly HttpAnswer[],
): string {
  if (name === '$guid') return randomUUID();
  const [, source, path = ''] = OF_ANSWER.exec(name) ?? [];
  const answer = answers.find(({ request }) => request.name === source);
  const value = source === undefined ? variables[name] : memberAt(answer?.body, path);
  if (typeof value !== 'string') throw new Error(`{{${name}}} names nothing`);
  return value;
}

/** @param path such as `results[0].id` */
function memberAt(body: unknown, path: string): unknown {
  const keys = path.split(/[.[\]]+/).filter(Boolean);
  return keys.reduce((value, key) => (value as Record<string, unknown> | undefined)?.[key], body);
}
