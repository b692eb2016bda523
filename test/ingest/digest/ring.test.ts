/** The ring: what it holds back, what it hands on, and that an overrun is never taken for data. */
import { describe, expect, it } from 'vitest';
import { newRing, RingConsumer, RingProducer, stopRing } from '#built/ingest/digest/ring';

const filled = (file: number, length = 1) => ({ file, length, last: false });

describe('the ring', () => {
  it('hands on slots in order, many rounds, to each consumer at its own pace', () => {
    const ring = newRing({ slotSize: 4096, slotCount: 3, consumers: 2 });
    const producer = new RingProducer(ring);
    const consumers = [new RingConsumer(ring, 0), new RingConsumer(ring, 1)];
    for (let round = 0; round < 50; round += 1) {
      for (let i = 0; i < 3; i += 1) {
        producer.acquire()!.fill(round * 3 + i);
        producer.publish({ file: round, length: i, last: i === 2 });
      }
      for (const consumer of consumers) {
        for (let i = 0; i < 3; i += 1) {
          const slot = consumer.take()!;
          expect([slot.file, slot.length, slot.last, slot.bytes.length]).toEqual([round, i, i === 2, i]);
          expect(slot.bytes.every((byte) => byte === ((round * 3 + i) & 0xff))).toBe(true);
          consumer.release();
        }
      }
    }
  });

  it('lets nobody wait once it is stopped', () => {
    const ring = newRing({ slotSize: 4096, slotCount: 1, consumers: 1 });
    const producer = new RingProducer(ring);
    producer.acquire();
    producer.publish(filled(0));
    stopRing(ring);
    expect([producer.acquire(), new RingConsumer(ring, 0).take()]).toEqual([undefined, undefined]);
  });

  it('tells a consumer whose slot was filled anew under its hands', () => {
    const ring = newRing({ slotSize: 4096, slotCount: 2, consumers: 1 });
    const producer = new RingProducer(ring);
    const consumer = new RingConsumer(ring, 0);
    for (const file of [0, 1]) {
      producer.acquire();
      producer.publish(filled(file));
    }
    consumer.take();
    new RingConsumer(ring, 0).release(); // a fault in the program: somebody else lets the slot go
    producer.acquire();
    expect(() => consumer.release()).toThrow(RangeError);
  });
});
