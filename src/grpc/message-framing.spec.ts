import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { MessageFraming } from './message-framing.js';

const framed = (length: number): Buffer => {
  const bytes = Buffer.alloc(5 + length);
  bytes.writeUInt32BE(length, 1);
  return bytes;
};

test('messages are found when they begin, however the stream of them is cut', () => {
  const lengths = fc.array(fc.nat(40), { maxLength: 10 });
  fc.assert(
    fc.property(lengths, fc.array(fc.integer({ min: 1, max: 30 })), (messages, cuts) => {
      const stream = Buffer.concat(messages.map(framed));
      const framing = new MessageFraming();
      let [at, begun] = [0, 0];
      for (const cut of [...cuts, stream.length]) {
        begun += framing.begunIn(stream.subarray(at, at + cut));
        at = Math.min(stream.length, at + cut);
        expect(begun).toBeLessThanOrEqual(stream.length);
        // What has begun holds all that came, but for a prefix that has not come whole.
        expect(begun).toBeGreaterThanOrEqual(at - 4);
      }
      expect(begun).toBe(stream.length);
    }),
  );
});
