/** Events: the one way to record what happened. */
import { Global, Module } from '@nestjs/common';
import { EventsService } from './events.service.ts';

@Global()
@Module({ providers: [EventsService], exports: [EventsService] })
export class EventsModule {}
