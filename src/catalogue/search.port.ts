/** Full-text search as a port: each database brings its own. */
import type { EntityManager } from 'typeorm';

/** What is found by: one for each package and each accession. */
export interface SearchText {
  readonly kind: 'package' | 'accession';
  readonly packageId: string | undefined;
  readonly accession: string | undefined;
  /** Names of image and papers. */
  readonly name: string;
  readonly title: string;
  /** Descriptions, labels, facts from logs. */
  readonly body: string;
  /** Every digest known, separated by spaces. */
  readonly digests: string;
}

export interface SearchFound {
  readonly kind: 'package' | 'accession';
  readonly packageId: string | undefined;
  readonly accession: string | undefined;
  readonly title: string;
  /** The words around the match, the match in «guillemets». */
  readonly snippet: string;
}

export abstract class SearchPort {
  /** Adds a text in the transaction of what it describes; a text of the same subject is replaced. */
  abstract add(manager: EntityManager, text: SearchText): Promise<void>;
  /** Best first. Words may be beginnings of words, in any case, without accents; a digest finds what has it. */
  abstract find(query: string, limit: number, offset: number): Promise<SearchFound[]>;
}
