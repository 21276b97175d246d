// Loaded before everything else, in every thread (bin/flags.mjs).
import { setSourceMapsSupport } from 'node:module';

/** Stack traces show the lines of our own sources. The maps of packages would take 12 MB of each thread's heap. */
setSourceMapsSupport(true, { nodeModules: false });
