/** What the command line on this machine shows a running server: whoever can read the home's lock.json may name paths. */
export const LOCAL_TOKEN = Symbol('local token');

/** Where a request carries it. */
export const TOKEN_HEADER = 'x-strongroom-token';
