/** Hands out the settings, whether this process may write, and who is at work. */
import { type DynamicModule, Global, Module } from '@nestjs/common';
import { AGENTS, type Agents } from './agents.ts';
import { HOME_ACCESS, type HomeAccess } from './home-access.ts';
import { ROLES, type Roles } from './roles.ts';
import { SETTINGS, type Settings } from './settings.ts';

@Global()
@Module({})
export class ConfigModule {
  static of(settings: Settings, access: HomeAccess, agents: Agents, roles: Roles): DynamicModule {
    const providers = [
      { provide: SETTINGS, useValue: settings },
      { provide: HOME_ACCESS, useValue: access },
      { provide: AGENTS, useValue: agents },
      { provide: ROLES, useValue: roles },
    ];
    return { module: ConfigModule, providers, exports: providers };
  }
}
