// What the settings of the storage need of one another.

const OF_S3 = ['S3_ENDPOINT', 'S3_BUCKET', 'S3_ACCESS_KEY_ID', 'S3_SECRET_ACCESS_KEY'];

type Given = Readonly<Record<string, string>>;

export function storageFaults(given: Given): string[] {
  const { STORAGE: storage = 'disk', STORAGE_FALLBACK: fallback, S3_ENDPOINT: endpoint } = given;
  const user = storage === 's3' ? 'STORAGE' : 'STORAGE_FALLBACK';
  const isUsed = [storage, fallback].includes('s3');
  const missing = isUsed ? OF_S3.filter((name) => given[name] === undefined) : [];
  return [
    ...missing.map((name) => `${name} is missing: ${user}=s3 needs it`),
    ...(storage === fallback ? ['STORAGE_FALLBACK must name another storage than STORAGE'] : []),
    ...(endpoint === undefined || isPlainAddress(endpoint)
      ? []
      : ['S3_ENDPOINT must be an address of scheme, host and at most a path']),
  ];
}

function isPlainAddress(text: string): boolean {
  const url = URL.parse(text);
  return url !== null && `${url.username}${url.password}${url.search}${url.hash}` === '';
}
