/** Health over HTTP. */
import { Controller, Get } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { VERSION } from '../config/agents.ts';
import { Checkup, DoctorService } from './doctor.service.ts';

const Alive = z.object({ status: z.literal('alive'), version: z.string() }).meta({ id: 'Alive' });

@ApiTags('health')
@Controller('health')
export class HealthController {
  constructor(private readonly doctor: DoctorService) {}

  @Get('live')
  @ApiOperation({ operationId: 'isAlive', summary: 'Whether the server answers at all.' })
  @ApiOkResponse({ standardSchema: Alive })
  live(): z.infer<typeof Alive> {
    return { status: 'alive', version: VERSION };
  }

  @Get('checkup')
  @ApiOperation({ operationId: 'checkUp', summary: 'Checks the installation by using it.' })
  @ApiOkResponse({ standardSchema: Checkup })
  async checkup(): Promise<Checkup> {
    return this.doctor.checkup();
  }
}
