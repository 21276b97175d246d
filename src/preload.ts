// Loaded before everything else, in every thread (bin/flags.mjs).
import { enableCompileCache, setSourceMapsSupport } from 'node:module';

/** Stack traces show the lines of our own sources. The maps of packages would take 12 MB of each thread's heap. */
setSourceMapsSupport(true, { nodeModules: false });

/** V8 keeps what it compiled of 3,000 files in the folder for temporary files, or where NODE_COMPILE_CACHE says; not where it cannot write. */
enableCompileCache();
