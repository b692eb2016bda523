/** Health: is it alive, and does everything that it stands on work? */
import { Module } from '@nestjs/common';
import { DoctorService } from './doctor.service.ts';
import { HealthController } from './health.controller.ts';

@Module({ controllers: [HealthController], providers: [DoctorService], exports: [DoctorService] })
export class HealthModule {}
