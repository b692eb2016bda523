/** Time as an argument: the engine never asks the machine for it. */

export interface Clock {
  now(): Date;
}

/** The machine's clock; handed in by the application alone. */
export const systemClock: Clock = { now: () => new Date() };
