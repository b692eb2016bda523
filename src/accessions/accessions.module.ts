/** Accessions. */
import { Module } from '@nestjs/common';
import { SearchModule } from '../catalogue/search.module.ts';
import { AccessionsController } from './accessions.controller.ts';
import { AccessionsService } from './accessions.service.ts';

@Module({
  imports: [SearchModule],
  controllers: [AccessionsController],
  providers: [AccessionsService],
  exports: [AccessionsService],
})
export class AccessionsModule {}
