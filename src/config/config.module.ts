/** Hands out the settings, the clock and who is at work, to every feature. */
import { type DynamicModule, Global, Module } from '@nestjs/common';
import { type Clock, systemClock } from '#ingest/kernel';
import { AGENTS, type Agents } from './agents.ts';
import { HOME_ACCESS, type HomeAccess } from './home-access.ts';
import { SETTINGS, type Settings } from './settings.ts';

/** For Nest: `@Inject(CLOCK) clock: Clock`. */
export const CLOCK = Symbol('clock');

@Global()
@Module({})
export class ConfigModule {
  static of(settings: Settings, access: HomeAccess, agents: Agents, clock: Clock = systemClock): DynamicModule {
    const providers = [
      { provide: SETTINGS, useValue: settings },
      { provide: HOME_ACCESS, useValue: access },
      { provide: AGENTS, useValue: agents },
      { provide: CLOCK, useValue: clock },
    ];
    return { module: ConfigModule, providers, exports: providers };
  }
}
