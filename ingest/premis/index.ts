/**
 * premis: what a package says of itself: objects, events, agents and rights, as types, to and from PREMIS 3 XML.
 * May import: the kernel. Imported by: package, export, pipeline, and src/ through the door.
 * Entry: writePremis (streaming, everything checked by openPremisGuard before it leaves) and readPremis (streaming).
 */
export type {
  PremisBitstream,
  PremisRepresentation,
  Characteristics,
  Fixity,
  LinkedAgent,
  LinkedObject,
  ObjectFormat,
  PremisAgent,
  PremisEntity,
  PremisEvent,
  PremisFile,
  PremisIdentifier,
  PremisObject,
  PremisRights,
  RelatedObject,
  Relationship,
} from './entities.ts';
export { openPremisGuard, type PremisGuard } from './guard.ts';
export { type PremisLimits, readPremis } from './read-premis.ts';
export { local, organizationAgent, personAgent, preservationEvent, softwareAgent, uuid } from './records.ts';
export {
  type AgentRole,
  type AgentType,
  type DigestAlgorithm,
  type EventOutcome,
  type EventType,
  type RelationshipSubType,
  type RelationshipType,
  vocabularies,
} from './vocabulary.ts';
export { type PremisContent, type PremisSink, writePremis } from './write-premis.ts';
