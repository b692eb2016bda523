/** Turns are given in order, never twice, and only a writer that sits on its turn makes others give up. */
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { WriteTurn } from '#built/src/database/write-turn';

describe('the turn to write', () => {
  it('goes to one at a time, first come, first served', async () => {
    const turn = new WriteTurn();
    const log: string[] = [];
    await Promise.all(
      Array.from({ length: 20 }, async (_, n) => {
        const end = await turn.take(1000);
        log.push(`+${n}`);
        await pause(1);
        log.push(`-${n}`);
        end();
        end();
      }),
    );
    expect(log).toEqual(Array.from({ length: 20 }, (_, n) => [`+${n}`, `-${n}`]).flat());
  });

  it('is waited for as long as the queue moves', async () => {
    const turn = new WriteTurn();
    const work = Array.from({ length: 12 }, async () => {
      const end = await turn.take(200);
      await pause(50);
      end();
    });
    expect(await Promise.all(work)).toHaveLength(12);
  });

  it('is given up when nobody moves, and those who gave up are forgotten', async () => {
    const turn = new WriteTurn();
    const end = await turn.take(100);
    await pause(150);
    const waiting = [turn.take(100), turn.take(100), turn.take(10_000)];
    const refused = { status: 'rejected', reason: { code: 'database/write-waited' } };
    expect(await Promise.allSettled(waiting.slice(0, 2))).toMatchObject([refused, refused]);
    end();
    (await waiting[2])?.();
    (await turn.take(100))();
  });
});
