/**
 * A real worker process. Does jobs 'test.note' (writes its pid and number to a file) and 'test.hang' (never ends).
 * node job-process.mjs HOME NOTES LEASE_MS, after `npm run build`. Says "ready" on stdout.
 */
import { appendFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { z } from 'zod';

const dist = (path) => import(new URL(`../../dist/src/${path}.js`, import.meta.url).href);
const { ClockModule } = await dist('common/clock.module');
const { DatabaseModule } = await dist('database/database.module');
const { defineJob, OnJob } = await dist('jobs/job-definition');
const { JobsModule } = await dist('jobs/jobs.module');
const [home, notes, leaseMs] = process.argv.slice(2);

class Worker {
  async note({ n }) {
    appendFileSync(notes, `${process.pid} ${n}\n`);
    await pause(Math.random() * 3);
  }

  async hang({ n }) {
    appendFileSync(notes, `${process.pid} ${n}\n`);
    await new Promise(() => {});
  }
}
const payload = z.object({ n: z.number() });
for (const method of ['note', 'hang']) {
  OnJob(defineJob(`test.${method}`, payload))(
    Worker.prototype,
    method,
    Object.getOwnPropertyDescriptor(Worker.prototype, method),
  );
}
class App {}
const jobs = JobsModule.forRoot({ workers: 2, background: true, alone: false, leaseMs: Number(leaseMs) });
Module({ imports: [ClockModule, DatabaseModule.forHome(home), jobs], providers: [Worker] })(App);
await NestFactory.createApplicationContext(App, { logger: ['error'], abortOnError: false });
console.log('ready');
