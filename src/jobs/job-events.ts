/** What happens to jobs, told to whoever listens in this process. */
import { Injectable } from '@nestjs/common';
import { type Observable, Subject } from 'rxjs';
import type { JobProgress, JobState } from './job.entity.ts';

export interface JobEvent {
  jobId: string;
  state: JobState;
  progress: JobProgress | null;
}

@Injectable()
export class JobEvents {
  readonly #subject = new Subject<JobEvent>();
  readonly all: Observable<JobEvent> = this.#subject.asObservable();

  tell(event: JobEvent): void {
    this.#subject.next(event);
  }
}
