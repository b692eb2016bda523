/** Known system files: sets of digests, such as NIST's NSRL. */
import { Module } from '@nestjs/common';
import { KnownDigests } from './known-digests.port.ts';
import { KnownSetsController } from './known-sets.controller.ts';
import { KnownSetJobs } from './known-sets.jobs.service.ts';
import { KnownSetsService } from './known-sets.service.ts';
import { SqliteKnownDigests } from './sqlite.known-digests.ts';

@Module({
  controllers: [KnownSetsController],
  providers: [KnownSetsService, KnownSetJobs, { provide: KnownDigests, useClass: SqliteKnownDigests }],
  exports: [KnownDigests, KnownSetsService],
})
export class KnownModule {}
