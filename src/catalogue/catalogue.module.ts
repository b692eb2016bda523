/** Finding. */
import { Module } from '@nestjs/common';
import { FilesModule } from '../files/files.module.ts';
import { PackagesModule } from '../packages/packages.module.ts';
import { CatalogueController } from './catalogue.controller.ts';
import { CatalogueService } from './catalogue.service.ts';
import { SearchModule } from './search.module.ts';

@Module({
  imports: [SearchModule, FilesModule, PackagesModule],
  controllers: [CatalogueController],
  providers: [CatalogueService],
  exports: [CatalogueService],
})
export class CatalogueModule {}
