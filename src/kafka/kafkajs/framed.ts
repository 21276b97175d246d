import { ByteWriter } from './byte-writer.js';

/** A request as kafkajs makes it, of which its body is encoded last. */
export interface Request {
  readonly apiKey: number;
  readonly apiVersion: number;
  readonly encode: () => Promise<{ readonly buf: Buffer; readonly buffer: Buffer }>;
}

interface ToFrame {
  readonly correlationId: number;
  readonly clientId: string;
  readonly request: Request;
}

/** A request as it goes over the wire; kafkajs copies its body three times, into buffers of the next power of two. */
export async function framed({
  correlationId,
  clientId,
  request,
}: ToFrame): Promise<{ readonly buffer: Buffer }> {
  const { buffer: body } = await request.encode();
  const id = Buffer.from(clientId);
  const size = 10 + id.length + body.length;
  const writer = new ByteWriter(4 + size);
  writer.int32(size).int16(request.apiKey).int16(request.apiVersion).int32(correlationId);
  writer.int16(id.length).bytes(id).bytes(body);
  return writer;
}
