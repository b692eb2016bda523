/** How long work tells how far it is. */

/** Called often; must return at once. `doneBytes` never falls; `totalBytes` is known before the first call. */
export type Progress = (at: { stage: string; doneBytes: number; totalBytes: number }) => void;
