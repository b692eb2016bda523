/**
 * Property tests draw the same values in every run unless STRONGROOM_SEED says otherwise: a gate gives one answer to one tree.
 * `npm run test:fuzz` looks further, with a new seed each time; what it finds becomes a test of its own.
 */
import * as fc from 'fast-check';

const said = process.env['STRONGROOM_SEED'];
const seed = said === 'random' ? Math.floor(Math.random() * 2 ** 31) : Number(said ?? 1993);
fc.configureGlobal({ ...fc.readConfigureGlobal(), seed });
