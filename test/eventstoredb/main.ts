// The protocol server in a process of its own, until its parent ends it: prints its URL.
import { ProtocolServer } from './server.js';

const server = await ProtocolServer.start();
process.stdout.write(`${server.url}\n`);
process.once('disconnect', () => process.exit(0));
