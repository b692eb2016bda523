/** Health over HTTP. */
import { Controller, Get } from '@nestjs/common';
import { ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { VERSION } from '../config/agents.ts';
import { Checkup, DoctorService } from './doctor.service.ts';

const Alive = z.object({ status: z.literal('alive'), version: z.string() }).meta({ id: 'Alive' });

@ApiTags('health')
@Controller('health')
export class HealthController {
  constructor(private readonly doctor: DoctorService) {}

  @Get('live')
  @ApiOkResponse({ standardSchema: Alive })
  live(): z.infer<typeof Alive> {
    return { status: 'alive', version: VERSION };
  }

  /** Checks the installation by using it. */
  @Get('checkup')
  @ApiOkResponse({ standardSchema: Checkup })
  async checkup(): Promise<Checkup> {
    return this.doctor.checkup();
  }
}
