/** Packages: what we hold, where each copy lies. */
import { Module } from '@nestjs/common';
import { AccessionsModule } from '../accessions/accessions.module.ts';
import { SearchModule } from '../catalogue/search.module.ts';
import { ContentService } from './content.service.ts';
import { CopyLedger } from './copy-ledger.service.ts';
import { MediumService } from './medium.service.ts';
import { PackageLocks } from './package-locks.service.ts';
import { PackageRows } from './package-rows.service.ts';
import { PackagesController } from './packages.controller.ts';
import { PackagesService } from './packages.service.ts';

@Module({
  imports: [AccessionsModule, SearchModule],
  controllers: [PackagesController],
  providers: [PackageLocks, PackagesService, PackageRows, ContentService, MediumService, CopyLedger],
  exports: [PackageLocks, PackagesService, ContentService, MediumService, CopyLedger],
})
export class PackagesModule {}
