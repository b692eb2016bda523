/** The search port, on the database in use. */
import { Module } from '@nestjs/common';
import { SearchPort } from './search.port.ts';
import { SqliteSearch } from './sqlite.search.ts';

@Module({ providers: [{ provide: SearchPort, useClass: SqliteSearch }], exports: [SearchPort] })
export class SearchModule {}
