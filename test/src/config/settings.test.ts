/** Settings: defaults, environment, command line, and every mistake named at once. */
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readSettings } from '#built/src/config/settings';
import { Fault } from '#ingest/kernel';

describe('settings', () => {
  it.each(['unix:clamd.ctl', 'tcp:localhost', 'localhost:3310'])(
    'refuse "%s" as the place of a clamd, and tell what one looks like',
    (clamd) => {
      expect(() => readSettings({ STRONGROOM_CLAMD: clamd })).toThrow(/STRONGROOM_CLAMD is .*unix:\/run\/clamav\/clamd\.ctl/);
      expect(readSettings({ STRONGROOM_CLAMD: 'tcp:[::1]:3310' }).clamd).toBe('tcp:[::1]:3310');
    },
  );

  it('have defaults that are safe: this machine only, audit on', () => {
    expect(readSettings({})).toEqual({
      home: resolve('strongroom-home'),
      host: '127.0.0.1',
      port: 8400,
      auditIntervalDays: 90,
      auditBytesPerSecond: 67_108_864,
      surveySecondsAtIngest: 60,
      surveyBytesPerSecond: 67_108_864,
      uploadMaxBytes: 2 ** 44,
      uploadDays: 7,
      exportKeepHours: 72,
      clamd: '',
      clamdMaxBytes: 100 * 2 ** 20,
      logLevel: 'info',
      pronom: '',
      workers: 2,
    });
  });

  it('come from the environment, and the command line overrides it', () => {
    const environment = {
      STRONGROOM_HOME: '/a',
      STRONGROOM_PORT: '81',
      STRONGROOM_AUDIT_BYTES_PER_SECOND: '1.5 GiB',
      STRONGROOM_HOST: '',
    };
    const settings = readSettings(environment, { home: '/b', host: undefined });
    expect(settings).toMatchObject({ home: '/b', port: 81, auditBytesPerSecond: 1_610_612_736, host: '127.0.0.1' });
  });

  it('name every wrong value, where it was given, and what is right', () => {
    const read = () =>
      readSettings({ STRONGROOM_PORT: '70000', STRONGROOM_LOG_LEVEL: 'loud', STRONGROOM_WORKERS: '2' }, { workers: 'x' });
    expect(read).toThrow(Fault);
    expect(read).toThrow('--workers is "x"; it is how many jobs run at the same time: a whole number from 1 to 64');
    expect(read).toThrow('STRONGROOM_PORT is "70000"');
    expect(read).toThrow('STRONGROOM_LOG_LEVEL is "loud"; it is how much is logged: error, warn, info or debug');
  });

  it.each(['x', '-1', '1.5', 'NaN', '1e400', '0x'])('refuse "%s" bytes', (value) => {
    expect(() => readSettings({ STRONGROOM_UPLOAD_MAX_BYTES: value })).toThrow(/STRONGROOM_UPLOAD_MAX_BYTES/);
  });
});
