import { API_KEY } from '../test/e2e/server-process.js';
import { Connection } from './http-client.js';

/** The body of an answer of the query API. @throws Error for any status but 200 */
export async function getJson(port: number, path: string): Promise<string> {
  const connection = new Connection('127.0.0.1', port);
  const { status, body } = await connection.send('GET', path, `authorization: Bearer ${API_KEY}\r\n`);
  connection.close();
  if (status !== 200) throw new Error(`${path} was answered ${status}: ${body}`);
  return body;
}
