// `npm run generate`, and before whatever reads the sources: the code of the .proto files, when they changed.
import { generate, install } from './prepare.mjs';

install();
generate();
