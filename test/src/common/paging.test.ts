/** Pages that neither skip nor repeat while rows come and go. */
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { newId } from '#built/src/common/ids';
import { cursorOf, type Order, pageOf, readCursor } from '#built/src/common/paging';
import { utcText } from '#built/src/database/columns';
import { catalogueOptions, openCatalogue } from '#built/src/database/data-source';
import { Accession } from '#built/src/accessions/accession.entity';
import { tmpFolder } from '../../support/tmp.ts';

const order: Order<Accession> = {
  by: ['createdAt', 'number'],
  direction: 'DESC',
  keyOf: (row) => [utcText(row.createdAt), row.number],
};

describe('pages', () => {
  it.each(['ASC', 'DESC'] as const)('%s cover a list once, equal times and new rows included', async (direction) => {
    const ds = await openCatalogue(catalogueOptions(join(await tmpFolder(), 'c.sqlite')));
    onTestFinished(() => ds.destroy());
    const repo = ds.getRepository(Accession);
    const add = (number: string, second: number) => {
      const at = new Date(second * 1000);
      const empty = { donor: null, receivedOn: null, restrictions: null, notes: null };
      return repo.insert({ number, title: '', ...empty, createdAt: at, updatedAt: at });
    };
    for (let n = 0; n < 25; n++) await add(`A${String(n).padStart(2, '0')}`, 100 + Math.floor(n / 10));
    const seen: string[] = [];
    let after: string | undefined;
    do {
      const query = repo.createQueryBuilder('accession').where('accession.title = :title', { title: '' });
      const page = await pageOf(query, { ...order, direction }, { limit: 4, after });
      seen.push(...page.items.map((row) => row.number));
      after = page.next;
      await add(`B${seen.length}`, direction === 'ASC' ? 1 : 1000);
    } while (after !== undefined);
    const all = Array.from({ length: 25 }, (_, n) => `A${String(n).padStart(2, '0')}`);
    expect(seen).toEqual(direction === 'ASC' ? all : all.toReversed());
  });

  it('refuse a cursor that is not theirs', () => {
    expect(readCursor(cursorOf(['ö', 1]), 2)).toEqual(['ö', 1]);
    for (const wrong of ['x', '', cursorOf(['a']), Buffer.from('{"a":1}').toString('base64url')]) {
      expect(() => readCursor(wrong, 2)).toThrow(/does not come from this list/);
    }
  });
});

describe('ids', () => {
  it('sort as they were made', () => {
    const ids = Array.from({ length: 1000 }, newId);
    expect(ids.toSorted()).toEqual(ids);
  });
});
