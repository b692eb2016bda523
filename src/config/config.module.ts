/** Hands out the settings, what this process may do and does, and who is at work. */
import { type DynamicModule, Global, Module } from '@nestjs/common';
import { AGENTS, type Agents } from './agents.ts';
import { HOME_ACCESS, type HomeAccess } from './home-access.ts';
import { LOCAL_TOKEN } from './local-token.ts';
import { ROLES, type Roles } from './roles.ts';
import { SETTINGS, type Settings } from './settings.ts';

interface Config {
  readonly settings: Settings;
  readonly access: HomeAccess;
  readonly agents: Agents;
  readonly roles: Roles;
  readonly localToken: string | undefined;
}

@Global()
@Module({})
export class ConfigModule {
  static of({ settings, access, agents, roles, localToken }: Config): DynamicModule {
    const providers = [
      { provide: SETTINGS, useValue: settings },
      { provide: HOME_ACCESS, useValue: access },
      { provide: AGENTS, useValue: agents },
      { provide: ROLES, useValue: roles },
      { provide: LOCAL_TOKEN, useValue: localToken ?? '' },
    ];
    return { module: ConfigModule, providers, exports: providers };
  }
}
