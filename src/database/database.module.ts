/** The catalogue of one home for the Nest application: `DataSource` and `@InjectRepository` work from here on. */
import { join } from 'node:path';
import { type DynamicModule, Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { catalogueOptions, openCatalogue } from './data-source.ts';
import type { PooledSqliteOptions } from './pooled-sqlite.ts';

@Module({})
export class DatabaseModule {
  /** @param home folder of the archive; it must exist and be locked by this process. */
  static forHome(home: string): DynamicModule {
    const options = catalogueOptions(join(home, 'catalogue.sqlite'));
    const database = TypeOrmModule.forRootAsync({
      // A file that can't be opened now can't be opened in three seconds either.
      useFactory: () => ({ ...options, toRetry: () => false }),
      dataSourceFactory: (given) => openCatalogue(given as PooledSqliteOptions),
    });
    return { module: DatabaseModule, imports: [database] };
  }
}
