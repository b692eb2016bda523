/** Hands the engine to every feature as a port. */
import { Global, Inject, Module, type OnApplicationShutdown } from '@nestjs/common';
import { HOME_ACCESS, type HomeAccess } from '../config/home-access.ts';
import { SETTINGS, type Settings } from '../config/settings.ts';
import { ENGINE, type Engine, openEngine } from './engine.ts';
import { SCANNER, scannerOf } from './scanner.ts';

@Global()
@Module({
  providers: [
    {
      provide: ENGINE,
      inject: [SETTINGS, HOME_ACCESS],
      useFactory: (settings: Settings, access: HomeAccess) => openEngine(settings.home, access !== 'read'),
    },
    { provide: SCANNER, inject: [SETTINGS], useFactory: scannerOf },
  ],
  exports: [ENGINE, SCANNER],
})
export class EngineModule implements OnApplicationShutdown {
  constructor(@Inject(ENGINE) private readonly engine: Engine) {}

  async onApplicationShutdown(): Promise<void> {
    await this.engine.close();
  }
}
