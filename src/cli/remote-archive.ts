/** The archive behind a server that has the home: the same questions, over its HTTP API. */
import { setTimeout as pause } from 'node:timers/promises';
import { Fault, FaultKind, type Progress } from '#ingest/kernel';
import type { AccessionView, NewAccession } from '../accessions/accession.dto.ts';
import type { Hit, Hits } from '../catalogue/catalogue.dto.ts';
import { TOKEN_HEADER } from '../config/local-token.ts';
import type { Page } from '../common/paging.ts';
import type { Problem } from '../common/problem.filter.ts';
import type { DepositAccepted, IngestedPackage } from '../deposits/deposit.dto.ts';
import type { ExportView } from '../exports/export.dto.ts';
import type { AuditStarted } from '../fixity/fixity.dto.ts';
import type { Extracted } from '../files/extracting.service.ts';
import type { DiskFileView, DiskView, FileFacets, FilesQuery } from '../files/files.dto.ts';
import type { Checkup } from '../health/doctor.service.ts';
import type { JobView } from '../jobs/jobs.dto.ts';
import type { KnownSetJob, KnownSets, KnownSetView } from '../known/known-sets.dto.ts';
import type { EventView, PackageFileView, PackageSummary, PackageView } from '../packages/package.dto.ts';
import type { ScanStarted, ScanView } from '../scanning/scanning.dto.ts';
import { surveyRefused } from './survey-refused.ts';
import type { SurveyedPackage, SurveysStarted } from '../surveys/survey.dto.ts';
import type {
  Archive,
  AuditAsk,
  Audited,
  ExportAsk,
  Exported,
  FileAsk,
  FileInside,
  IngestAsk,
  KnownAsk,
  SurveyAsk,
  SurveyRefused,
} from './archive.ts';

/** How often a job is looked at. */
const LOOK_MS = 200;

export class RemoteArchive implements Archive {
  private readonly url: string;
  private readonly token: string;

  /** @param url of the server, without a path. */
  constructor(url: string, token: string) {
    this.url = url;
    this.token = token;
  }

  async ingest(ask: IngestAsk, onProgress: Progress): Promise<IngestedPackage> {
    const { job } = await this.post<DepositAccepted>('deposits/local', ask);
    return (await this.done(job, onProgress)) as IngestedPackage;
  }

  packages(accession?: string): AsyncIterable<PackageSummary> {
    return this.every('packages', accession === undefined ? {} : { accession });
  }

  package(id: string): Promise<PackageView> {
    return this.get(`packages/${encodeURIComponent(id)}`);
  }

  files(id: string): AsyncIterable<PackageFileView> {
    return this.every(`packages/${encodeURIComponent(id)}/files`);
  }

  async history(id: string): Promise<EventView[]> {
    return (await this.get<Page<EventView>>(`packages/${encodeURIComponent(id)}/events`)).items;
  }

  async search(q: string, limit: number, known?: FilesQuery['known']): Promise<Hit[]> {
    return (await this.get<Hits>(`search?${parametersOf({ q, limit, known })}`)).hits;
  }

  async findFiles(query: FilesQuery, limit: number): Promise<DiskFileView[]> {
    return (await this.get<Page<DiskFileView>>(`files?${parametersOf({ ...query, limit })}`)).items;
  }

  countFiles(query: FilesQuery): Promise<FileFacets> {
    return this.get(`files/facets?${parametersOf(query)}`);
  }

  filesInside(id: string, volume?: number): AsyncIterable<readonly DiskFileView[]> {
    const filter = volume === undefined ? {} : { volume: String(volume) };
    return this.everyPage(`packages/${encodeURIComponent(id)}/disk/files`, filter);
  }

  disk(id: string): Promise<DiskView> {
    return this.get(`packages/${encodeURIComponent(id)}/disk`);
  }

  async fileInside(id: string, { volume, path, stream }: FileAsk): Promise<FileInside> {
    const query = new URLSearchParams({ path, ...(stream === undefined ? {} : { stream }) }).toString();
    const disk = `packages/${encodeURIComponent(id)}/disk`;
    const file = await this.get<DiskFileView>(volume === undefined ? `${disk}/file?${query}` : `${disk}/${volume}/file?${query}`);
    const response = await this.fetched(`${disk}/${file.volume}/content?${query}`, { method: 'GET' });
    if (!response.ok) throw await faultOf(response);
    return { size: file.size, sha256: file.sha256, scan: file.scan, bytes: response.body ?? emptyBody() };
  }

  async *audit(ask: AuditAsk, onProgress: Progress): AsyncIterable<Audited> {
    const { jobs } = await this.post<AuditStarted>('fixity/runs', ask);
    for (const job of jobs) yield (await this.done(job, onProgress)) as Audited;
  }

  async *survey(ask: SurveyAsk, onProgress: Progress): AsyncIterable<SurveyedPackage | SurveyRefused> {
    const { surveys } = await this.post<SurveysStarted>('surveys/runs', ask);
    for (const { package: id, job } of surveys) {
      const done = this.done(job, onProgress) as Promise<SurveyedPackage>;
      yield await done.catch((error: unknown) => surveyRefused(id, error));
    }
  }

  async scan(id: string, onProgress: Progress): Promise<ScanView> {
    const { job } = await this.post<ScanStarted>(`packages/${encodeURIComponent(id)}/scan`, {});
    return (await this.done(job, onProgress)) as ScanView;
  }

  scanOf(id: string): Promise<ScanView> {
    return this.get(`packages/${encodeURIComponent(id)}/scan`);
  }

  async export(ask: ExportAsk, onProgress: Progress): Promise<Exported> {
    const { id } = await this.post<ExportView>('exports/local', ask);
    return (await this.done(id, onProgress)) as Exported;
  }

  extract(): Promise<Extracted> {
    const message = `the server at ${this.url} has the home, and does not extract: stop it first, or take single files with "strongroom cat"`;
    return Promise.reject(new Fault(FaultKind.Refused, 'extract/server-running', message, { url: this.url }));
  }

  addAccession(accession: NewAccession): Promise<AccessionView> {
    return this.post('accessions', accession);
  }

  accessions(): AsyncIterable<AccessionView> {
    return this.every('accessions');
  }

  async addKnown(ask: KnownAsk, onProgress: Progress): Promise<KnownSetView> {
    const { job } = await this.post<KnownSetJob>('known-sets/local', ask);
    return (await this.done(job, onProgress)) as KnownSetView;
  }

  async knownSets(): Promise<KnownSetView[]> {
    return (await this.get<KnownSets>('known-sets')).items;
  }

  async removeKnown(name: string): Promise<KnownSetView> {
    const { job } = await this.ask<KnownSetJob>(`known-sets/${encodeURIComponent(name)}`, { method: 'DELETE' });
    return (await this.done(job, () => undefined)) as KnownSetView;
  }

  checkup(): Promise<Checkup> {
    return this.get('health/checkup');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // Nothing is held open between requests.
  }

  /** What the job answered. @throws the Fault it failed with. */
  private async done(id: string, onProgress: Progress): Promise<unknown> {
    for (;;) {
      const job = await this.get<JobView>(`jobs/${id}`);
      if (job.progress !== null) onProgress(job.progress);
      if (job.state === 'done') return job.result;
      if (job.state === 'failed' && job.error !== null) {
        const { kind, code, message, facts } = job.error;
        throw new Fault(kind as FaultKind, code, message, facts as Fault['facts']);
      }
      if (job.state === 'cancelled') throw new Fault(FaultKind.Refused, 'jobs/cancelled', `job ${id} was cancelled`, { id });
      await pause(LOOK_MS);
    }
  }

  private async *every<T>(path: string, filter: Record<string, string> = {}): AsyncIterable<T> {
    for await (const items of this.everyPage<T>(path, filter)) yield* items;
  }

  private async *everyPage<T>(path: string, filter: Record<string, string>): AsyncIterable<T[]> {
    let after: string | undefined;
    do {
      const query = new URLSearchParams({ ...filter, limit: '200', ...(after === undefined ? {} : { after }) });
      const page = await this.get<Page<T>>(`${path}?${query.toString()}`);
      yield page.items;
      after = page.next;
    } while (after !== undefined);
  }

  private get<T>(path: string): Promise<T> {
    return this.ask<T>(path, { method: 'GET' });
  }

  private post<T>(path: string, body: unknown): Promise<T> {
    return this.ask<T>(path, { method: 'POST', body: JSON.stringify(body), headers: { 'content-type': 'application/json' } });
  }

  private async ask<T>(path: string, init: { method: string; body?: string; headers?: Record<string, string> }): Promise<T> {
    const response = await this.fetched(path, init);
    if (response.ok) return (await response.json()) as T;
    throw await faultOf(response);
  }

  private fetched(path: string, init: { method: string; body?: string; headers?: Record<string, string> }): Promise<Response> {
    const headers = { ...init.headers, [TOKEN_HEADER]: this.token };
    return fetch(`${this.url}/api/v1/${path}`, { ...init, headers }).catch((cause: unknown) => {
      const message = `the server at ${this.url} does not answer; is it being stopped? Try again`;
      throw new Fault(FaultKind.Unreadable, 'cli/server-silent', message, { url: this.url }, { cause });
    });
  }
}

/** Those that are given, as an address has them. */
function parametersOf(query: Readonly<Record<string, string | number | boolean | undefined>>): string {
  const given = Object.entries(query).filter(([, value]) => value !== undefined);
  return new URLSearchParams(given.map(([name, value]): [string, string] => [name, String(value)])).toString();
}

async function faultOf(response: Response): Promise<Fault> {
  const { code, detail, facts } = (await response.json()) as Problem;
  return new Fault(kindOf(response.status), code, detail, facts);
}

async function* emptyBody(): AsyncGenerator<Uint8Array> {}

/** The kind that the server's Fault had, as far as its status tells. */
function kindOf(status: number): FaultKind {
  if (status >= 500) return FaultKind.Unreadable;
  return status === 404 ? FaultKind.Missing : FaultKind.Refused;
}
