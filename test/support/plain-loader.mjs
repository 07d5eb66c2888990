// Lets a built process import the adapters of tests: what they import of `src/` is what was built of it.
import { load as loadTypeScript } from './ts-loader.mjs';

const SRC = new URL('../../src/', import.meta.url).href;
const DIST = new URL('../../dist/', import.meta.url).href;

export async function resolve(specifier, context, next) {
  if (!specifier.startsWith('.') || context.parentURL === undefined) return next(specifier, context);
  const { href } = new URL(specifier, context.parentURL);
  return href.startsWith(SRC)
    ? next(href.replace(SRC, DIST).replace(/\.ts$/, '.js'), context)
    : next(specifier, context);
}

export const load = loadTypeScript;
