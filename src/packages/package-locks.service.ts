/**
 * Who reads a package, and who changes its metadata: never both at once. Of this process alone, as only one writes a home.
 * A change waits until nobody reads; a reader waits only while a change is made, so that a long audit keeps nobody else waiting.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';

/** How often a change looks whether it may stop waiting. */
const LOOK_MS = 250;

interface State {
  readers: number;
  changing: Promise<void> | undefined;
}

@Injectable()
export class PackageLocks {
  private readonly states = new Map<string, State>();

  /** Until it is disposed, the package is not changed. Who reads may read once more inside. */
  async reading(packageId: string): Promise<Disposable> {
    let state = this.of(packageId);
    while (state.changing !== undefined) {
      await state.changing;
      state = this.of(packageId);
    }
    state.readers += 1;
    return {
      [Symbol.dispose]: () => {
        state.readers -= 1;
        this.forget(packageId, state);
      },
    };
  }

  /** Until it is disposed, nobody else reads or changes the package. @throws `signal.reason` while it waits. */
  async changing(packageId: string, signal?: AbortSignal): Promise<Disposable> {
    for (;;) {
      signal?.throwIfAborted();
      const state = this.of(packageId);
      if (state.readers === 0 && state.changing === undefined) return this.begin(packageId, state);
      await Promise.race([state.changing ?? pause(LOOK_MS), pause(LOOK_MS)]);
    }
  }

  private begin(packageId: string, state: State): Disposable {
    let end = (): void => undefined;
    state.changing = new Promise((resolve) => {
      end = resolve;
    });
    return {
      [Symbol.dispose]: () => {
        state.changing = undefined;
        end();
        this.forget(packageId, state);
      },
    };
  }

  private of(packageId: string): State {
    const known = this.states.get(packageId);
    if (known !== undefined) return known;
    const state: State = { readers: 0, changing: undefined };
    this.states.set(packageId, state);
    return state;
  }

  private forget(packageId: string, state: State): void {
    if (state.readers === 0 && state.changing === undefined) this.states.delete(packageId);
  }
}
