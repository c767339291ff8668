// The process and where it keeps files.
import { Type } from 'typebox';
import { Choice, Count, Flag, OptionalText, OptionalUrl, Text } from '../kinds.ts';

export const PROCESS_SETTINGS = {
  NODE_ENV: Choice(
    ['development', 'test', 'production'],
    '`production` demands real settings and never seeds',
    'development',
    { production: 'it is what requires all of this', example: 'production' },
  ),
  HOST: Text('Address to listen on', { default: '127.0.0.1' }),
  PORT: Count(8000, 0, 65_535, 'Port to listen on'),
  PUBLIC_URL: OptionalUrl(
    ['http', 'https'],
    'What absolute URLs in answers begin with; `http://localhost:<PORT>` if absent',
    { production: 'answers contain absolute URLs', example: 'https://api.example.com' },
  ),
  DATA_DIR: Text('Embedded database and uploads', { default: './data' }),
  STORAGE: Choice(
    ['disk', 's3'],
    'Where uploads are kept: in `DATA_DIR`, or in a bucket that processes on any number of machines share',
    'disk',
  ),
  STORAGE_FALLBACK: Type.Optional(
    Choice(
      ['disk', 's3'],
      'Where uploads are looked for that `STORAGE` does not have, while they move from one to the other',
    ),
  ),
  S3_ENDPOINT: OptionalUrl(
    ['http', 'https'],
    'Server of the bucket; its address holds neither bucket nor keys',
    { example: 'https://s3.ap-southeast-1.amazonaws.com' },
  ),
  S3_REGION: Text('Region of the bucket, as its server calls it', {
    default: 'us-east-1',
    minLength: 1,
  }),
  S3_BUCKET: OptionalText('Bucket that holds uploads and nothing else', {
    pattern: '^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$',
    example: 'freshbytes-uploads',
  }),
  S3_ACCESS_KEY_ID: OptionalText('Id of the key to the bucket', { secret: true }),
  S3_SECRET_ACCESS_KEY: OptionalText('The key itself', { secret: true }),
  S3_TLS: Flag(
    'on',
    '`off`: production takes an S3 server on another machine without TLS, for private networks',
  ),
};
