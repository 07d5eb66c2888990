// `node --import` this, and plain Node runs the TypeScript of this project.
import { register } from 'node:module';

register('./ts-loader.mjs', import.meta.url);
