/** The table of contents: every feature of the application. */
import { type DynamicModule, Module } from '@nestjs/common';
import { AccessionsModule } from './accessions/accessions.module.ts';
import { CatalogueModule } from './catalogue/catalogue.module.ts';
import { ClockModule } from './common/clock.module.ts';
import { agentsOf } from './config/agents.ts';
import { ConfigModule } from './config/config.module.ts';
import type { HomeAccess } from './config/home-access.ts';
import type { Roles } from './config/roles.ts';
import type { Settings } from './config/settings.ts';
import { DatabaseModule } from './database/database.module.ts';
import { DepositsModule } from './deposits/deposits.module.ts';
import { EngineModule } from './engine/engine.module.ts';
import { EventsModule } from './events/events.module.ts';
import { ExportsModule } from './exports/exports.module.ts';
import { FilesModule } from './files/files.module.ts';
import { FixityModule } from './fixity/fixity.module.ts';
import { HealthModule } from './health/health.module.ts';
import { JobsModule } from './jobs/jobs.module.ts';
import { KnownModule } from './known/known.module.ts';
import { PackagesModule } from './packages/packages.module.ts';
import { RebuildModule } from './rebuild/rebuild.module.ts';
import { ScanningModule } from './scanning/scanning.module.ts';
import { SurveysModule } from './surveys/surveys.module.ts';

export interface AppOptions {
  readonly settings: Settings;
  /** `write` and `rebuild` only while this process holds the home's lock. */
  readonly access: HomeAccess;
  /** Who asked; undefined when the clock does. */
  readonly person: string | undefined;
  readonly roles: Roles;
  /** What the command line on this machine shows to be let in; undefined where there is no server. */
  readonly localToken?: string;
}

@Module({})
export class AppModule {
  static of({ settings, access, person, roles, localToken }: AppOptions): DynamicModule {
    return {
      module: AppModule,
      imports: [
        ConfigModule.of({ settings, access, agents: agentsOf(person), roles, localToken }),
        ClockModule,
        DatabaseModule.forHome(settings.home, access === 'rebuild' ? 'rebuilding' : 'catalogue'),
        JobsModule.forRoot({ workers: settings.workers, background: roles.includes('worker'), alone: access === 'write' }),
        EngineModule,
        EventsModule,
        AccessionsModule,
        PackagesModule,
        KnownModule,
        FilesModule,
        CatalogueModule,
        DepositsModule,
        FixityModule,
        ScanningModule,
        ExportsModule,
        SurveysModule,
        RebuildModule,
        HealthModule,
      ],
    };
  }
}
