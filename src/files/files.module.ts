/** The files inside the disks. */
import { Module } from '@nestjs/common';
import { KnownModule } from '../known/known.module.ts';
import { PackagesModule } from '../packages/packages.module.ts';
import { ExtractingService } from './extracting.service.ts';
import { FilePlaces } from './file-places.service.ts';
import { FileIndex } from './file-index.port.ts';
import { FilesController } from './files.controller.ts';
import { FilesService } from './files.service.ts';
import { SqliteFileIndex } from './sqlite.file-index.ts';

@Module({
  imports: [PackagesModule, KnownModule],
  controllers: [FilesController],
  providers: [FilesService, ExtractingService, FilePlaces, { provide: FileIndex, useClass: SqliteFileIndex }],
  exports: [FilesService, ExtractingService, FilePlaces],
})
export class FilesModule {}
