/**
 * PREMIS 3 entities as types: the subset that we write, in our spellings (`sha256`, UTC Date, bytes as number).
 * Lists that may be empty are left out when they are: the reader does the same, so that read(write(x)) equals x.
 */
import type {
  AgentRole,
  AgentType,
  CopyrightStatus,
  DigestAlgorithm,
  EventOutcome,
  EventType,
  ObjectRole,
  RelationshipSubType,
  RelationshipType,
  RightsBasis,
} from './vocabulary.ts';

export type NonEmpty<T> = readonly [T, ...T[]];

/** Type and value, e.g. `UUID` and the id. Entities link to each other by the same pair. */
export interface PremisIdentifier {
  readonly type: string;
  readonly value: string;
}

export interface SignificantProperty {
  readonly type: string;
  readonly value: string;
}

/** One digest of the bytes of this object; lower-case hex. Never of the medium inside a container: that is a bitstream. */
export interface Fixity {
  readonly algorithm: DigestAlgorithm;
  readonly digest: string;
  /** Who computed it first, when that was not us. */
  readonly originator?: string;
}

export interface ObjectFormat {
  /** Always there; "Unknown" when it is. */
  readonly name: string;
  readonly version?: string;
  /** PRONOM key, `fmt/803` or `x-fmt/111`. */
  readonly puid?: string;
  readonly notes?: NonEmpty<string>;
}

export interface CreatingApplication {
  readonly name: string;
  readonly version?: string;
  /** EDTF: year, month, day, or a time; without a zone when the log has none. */
  readonly created?: string;
}

/** Encryption, password: what keeps a reader out. */
export interface Inhibitor {
  readonly type: string;
  readonly targets?: NonEmpty<string>;
}

/** Technical facts of one composition level. 0 = no wrapper to undo; a gzip round it is one more block, level 1. */
export interface Characteristics {
  readonly compositionLevel?: number;
  readonly fixity?: NonEmpty<Fixity>;
  /** In bytes. */
  readonly size?: number;
  readonly formats: NonEmpty<ObjectFormat>;
  readonly creatingApplication?: CreatingApplication;
  readonly inhibitors?: NonEmpty<Inhibitor>;
}

/** Where the bytes lie, e.g. type "bag-relative path". Never a path of our own servers. */
export interface StorageLocation {
  readonly type: string;
  readonly value: string;
}

export interface RelatedObject extends PremisIdentifier {
  /** Place in an order, e.g. of the segments of a split image. */
  readonly sequence?: number;
}

export interface Relationship {
  readonly type: RelationshipType;
  readonly subType: RelationshipSubType;
  readonly objects: NonEmpty<RelatedObject>;
  readonly events?: NonEmpty<PremisIdentifier>;
}

interface ObjectFields {
  readonly identifiers: NonEmpty<PremisIdentifier>;
  readonly significantProperties?: NonEmpty<SignificantProperty>;
  readonly relationships?: NonEmpty<Relationship>;
  readonly linkedEvents?: NonEmpty<PremisIdentifier>;
  readonly linkedRights?: NonEmpty<PremisIdentifier>;
}

export interface PremisFile extends ObjectFields {
  readonly kind: 'file';
  readonly characteristics: NonEmpty<Characteristics>;
  /** As received: every character is kept, control characters too. */
  readonly originalName?: string;
  readonly storage?: NonEmpty<StorageLocation>;
}

export interface PremisBitstream extends ObjectFields {
  readonly kind: 'bitstream';
  readonly characteristics: NonEmpty<Characteristics>;
  readonly storage?: NonEmpty<StorageLocation>;
}

export interface PremisRepresentation extends ObjectFields {
  readonly kind: 'representation';
  readonly originalName?: string;
  readonly storage?: NonEmpty<StorageLocation>;
}

export interface PremisIntellectualEntity extends ObjectFields {
  readonly kind: 'intellectualEntity';
  readonly originalName?: string;
}

export type PremisObject = PremisFile | PremisRepresentation | PremisBitstream | PremisIntellectualEntity;

export interface LinkedAgent extends PremisIdentifier {
  readonly role: AgentRole;
}

export interface LinkedObject extends PremisIdentifier {
  readonly role: ObjectRole;
}

/** Something that happened: when, what, to what, by whom, and how it ended. */
export interface PremisEvent {
  readonly kind: 'event';
  readonly identifier: PremisIdentifier;
  readonly type: EventType;
  readonly at: Date;
  readonly detail?: string;
  readonly outcome: EventOutcome;
  /** What an auditor wants to read: expected and actual digests, counts, the Fault's message. */
  readonly notes?: NonEmpty<string>;
  readonly agents: NonEmpty<LinkedAgent>;
  readonly objects: NonEmpty<LinkedObject>;
}

export interface PremisAgent {
  readonly kind: 'agent';
  readonly identifiers: NonEmpty<PremisIdentifier>;
  readonly name: string;
  readonly type: AgentType;
  readonly version?: string;
  readonly notes?: NonEmpty<string>;
}

/** From a day to a day (EDTF: `2026`, `2026-08`, `2026-08-21`); `OPEN` is a known open end. */
export interface Term {
  readonly start: string;
  readonly end?: string;
}

export interface RightsGranted {
  /** What may be done: disseminate, migrate, replicate, delete … */
  readonly act: string;
  readonly restrictions?: NonEmpty<string>;
  readonly grant?: Term;
  readonly restriction?: Term;
  readonly notes?: NonEmpty<string>;
}

/** One rights statement: on what basis which acts are granted, restricted how, from when to when. */
export interface PremisRights {
  readonly kind: 'rights';
  readonly identifier: PremisIdentifier;
  readonly basis: RightsBasis;
  readonly copyright?: { readonly status: CopyrightStatus; readonly jurisdiction: string; readonly notes?: NonEmpty<string> };
  readonly license?: { readonly terms: string; readonly notes?: NonEmpty<string> };
  readonly statutes?: NonEmpty<{ readonly jurisdiction: string; readonly citation: string; readonly notes?: NonEmpty<string> }>;
  /** E.g. "donor agreement", "institutional policy". */
  readonly other?: { readonly basis: string; readonly notes?: NonEmpty<string> };
  readonly granted?: NonEmpty<RightsGranted>;
  readonly objects?: NonEmpty<PremisIdentifier>;
  readonly agents?: NonEmpty<PremisIdentifier>;
}

export type PremisEntity = PremisObject | PremisEvent | PremisAgent | PremisRights;
