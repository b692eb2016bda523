/** Hands the clock to whoever asks: `@Inject(CLOCK) clock: Clock`. Tests put their own in its place. */
import { Global, Module } from '@nestjs/common';
import { systemClock } from '#ingest/kernel';

export const CLOCK = Symbol('clock');

@Global()
@Module({ providers: [{ provide: CLOCK, useValue: systemClock }], exports: [CLOCK] })
export class ClockModule {}
