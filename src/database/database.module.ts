/** The catalogue of one home for the Nest application: `DataSource` and `@InjectRepository` work from here on. */
import { join } from 'node:path';
import { type DynamicModule, Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { catalogueOptions, openCatalogue } from './data-source.ts';
import type { PooledSqliteOptions } from './pooled-sqlite.ts';

/** The catalogue, and the one that a rebuild makes before it takes the old one's place. */
export const DATABASE_FILES = { catalogue: 'catalogue.sqlite', rebuilding: 'catalogue.rebuilding.sqlite' } as const;

@Module({})
export class DatabaseModule {
  /** @param home folder of the archive; it must exist, and be locked by this process if it writes. */
  static forHome(home: string, which: keyof typeof DATABASE_FILES = 'catalogue'): DynamicModule {
    const options = catalogueOptions(join(home, DATABASE_FILES[which]));
    const database = TypeOrmModule.forRootAsync({
      // A file that can't be opened now can't be opened in three seconds either.
      useFactory: () => ({ ...options, toRetry: () => false }),
      dataSourceFactory: (given) => openCatalogue(given as PooledSqliteOptions),
    });
    return { module: DatabaseModule, imports: [database] };
  }
}
