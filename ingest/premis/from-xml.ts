/** One element tree → one entity. Reads what we write; what else PREMIS can say is passed over. */
import { Fault, FaultKind } from '../kernel/index.ts';
import type {
  Characteristics,
  CreatingApplication,
  Fixity,
  Inhibitor,
  LinkedAgent,
  LinkedObject,
  ObjectFormat,
  PremisAgent,
  PremisBitstream,
  PremisEntity,
  PremisEvent,
  PremisFile,
  PremisIdentifier,
  PremisIntellectualEntity,
  PremisObject,
  PremisRepresentation,
  PremisRights,
  RelatedObject,
  Relationship,
  RightsGranted,
  SignificantProperty,
  StorageLocation,
  Term,
} from './entities.ts';
import {
  child,
  children,
  given,
  incomplete,
  list,
  nonEmpty,
  optionalNumber,
  optionalText,
  required,
  termOf,
  text,
  textOf,
  time,
  unknownTerm,
  type XmlNode,
} from './node.ts';
import { knownAlgorithm } from './vocabulary.ts';

function identifier(node: XmlNode): PremisIdentifier {
  return { type: textOf(node, `${node.name}Type`), value: textOf(node, `${node.name}Value`) };
}

function fixity(node: XmlNode): Fixity {
  const name = required(node, 'messageDigestAlgorithm');
  const algorithm = knownAlgorithm(name.text);
  if (algorithm === undefined) throw unknownTerm(name, 'cryptographicHashFunctions');
  return given<Fixity>({
    algorithm,
    digest: textOf(node, 'messageDigest'),
    originator: optionalText(node, 'messageDigestOriginator'),
  });
}

function format(node: XmlNode): ObjectFormat {
  const designation = child(node, 'formatDesignation');
  const pronom = children(node, 'formatRegistry').find((one) => optionalText(one, 'formatRegistryName') === 'PRONOM');
  return given<ObjectFormat>({
    name: designation === undefined ? 'Unknown' : textOf(designation, 'formatName'),
    version: designation === undefined ? undefined : optionalText(designation, 'formatVersion'),
    puid: pronom === undefined ? undefined : textOf(pronom, 'formatRegistryKey'),
    notes: list(node, 'formatNote', text),
  });
}

function characteristics(node: XmlNode): Characteristics {
  return given<Characteristics>({
    compositionLevel: optionalNumber(node, 'compositionLevel'),
    fixity: list(node, 'fixity', fixity),
    size: optionalNumber(node, 'size'),
    formats: nonEmpty(node, 'format', format),
    creatingApplication: list(node, 'creatingApplication', (made) =>
      given<CreatingApplication>({
        name: optionalText(made, 'creatingApplicationName') ?? 'Unknown',
        version: optionalText(made, 'creatingApplicationVersion'),
        created: optionalText(made, 'dateCreatedByApplication'),
      }),
    )?.[0],
    inhibitors: list(node, 'inhibitors', (one) =>
      given<Inhibitor>({ type: textOf(one, 'inhibitorType'), targets: list(one, 'inhibitorTarget', text) }),
    ),
  });
}

function storage(node: XmlNode): readonly [StorageLocation, ...StorageLocation[]] | undefined {
  const [first, ...rest] = children(node, 'storage')
    .map((one) => child(one, 'contentLocation'))
    .filter((one) => one !== undefined)
    .map((one) => ({ type: textOf(one, 'contentLocationType'), value: textOf(one, 'contentLocationValue') }));
  return first === undefined ? undefined : [first, ...rest];
}

function relationship(node: XmlNode): Relationship {
  return given<Relationship>({
    type: termOf(node, 'relationshipType', 'relationshipType'),
    subType: termOf(node, 'relationshipSubType', 'relationshipSubType'),
    objects: nonEmpty(node, 'relatedObjectIdentifier', (one) =>
      given<RelatedObject>({ ...identifier(one), sequence: optionalNumber(one, 'relatedObjectSequence') }),
    ),
    events: list(node, 'relatedEventIdentifier', identifier),
  });
}

/** The fields that every category of object has. */
function common(node: XmlNode) {
  return {
    identifiers: nonEmpty(node, 'objectIdentifier', identifier),
    significantProperties: list(
      node,
      'significantProperties',
      (one): SignificantProperty => ({
        type: textOf(one, 'significantPropertiesType'),
        value: textOf(one, 'significantPropertiesValue'),
      }),
    ),
    relationships: list(node, 'relationship', relationship),
    linkedEvents: list(node, 'linkingEventIdentifier', identifier),
    linkedRights: list(node, 'linkingRightsStatementIdentifier', identifier),
  };
}

function object(node: XmlNode): PremisObject {
  const type = node.attributes['type'] ?? '';
  const kind = type.slice(type.indexOf(':') + 1);
  const originalName = optionalText(node, 'originalName');
  switch (kind) {
    case 'file':
      return given<PremisFile>({
        kind,
        ...common(node),
        characteristics: nonEmpty(node, 'objectCharacteristics', characteristics),
        originalName,
        storage: storage(node),
      });
    case 'bitstream':
      return given<PremisBitstream>({
        kind,
        ...common(node),
        characteristics: nonEmpty(node, 'objectCharacteristics', characteristics),
        storage: storage(node),
      });
    case 'representation':
      return given<PremisRepresentation>({ kind, ...common(node), originalName, storage: storage(node) });
    case 'intellectualEntity':
      return given<PremisIntellectualEntity>({ kind, ...common(node), originalName });
    default:
      throw new Fault(
        FaultKind.Corrupt,
        'premis/object-category',
        `the object at line ${node.line} has xsi:type "${type}"; expected file, representation, bitstream or intellectualEntity`,
        { line: node.line, type },
      );
  }
}

function event(node: XmlNode): PremisEvent {
  const information = required(node, 'eventOutcomeInformation');
  const notes = children(information, 'eventOutcomeDetail')
    .map((one) => optionalText(one, 'eventOutcomeDetailNote'))
    .filter((note) => note !== undefined);
  const [first, ...rest] = notes;
  const detail = child(node, 'eventDetailInformation');
  return given<PremisEvent>({
    kind: 'event',
    identifier: identifier(required(node, 'eventIdentifier')),
    type: termOf(node, 'eventType', 'eventType'),
    at: time(node, 'eventDateTime'),
    detail: detail === undefined ? undefined : optionalText(detail, 'eventDetail'),
    outcome: termOf(information, 'eventOutcome', 'eventOutcome'),
    notes: first === undefined ? undefined : [first, ...rest],
    agents: nonEmpty(
      node,
      'linkingAgentIdentifier',
      (one): LinkedAgent => ({
        ...identifier(one),
        role: termOf(one, 'linkingAgentRole', 'eventRelatedAgentRole'),
      }),
    ),
    objects: nonEmpty(
      node,
      'linkingObjectIdentifier',
      (one): LinkedObject => ({
        ...identifier(one),
        role: termOf(one, 'linkingObjectRole', 'eventRelatedObjectRole'),
      }),
    ),
  });
}

function agent(node: XmlNode): PremisAgent {
  return given<PremisAgent>({
    kind: 'agent',
    identifiers: nonEmpty(node, 'agentIdentifier', identifier),
    name: textOf(node, 'agentName'),
    type: termOf(node, 'agentType', 'agentType'),
    version: optionalText(node, 'agentVersion'),
    notes: list(node, 'agentNote', text),
  });
}

function dates(node: XmlNode, name: string): Term | undefined {
  const span = child(node, name);
  return span === undefined ? undefined : given<Term>({ start: textOf(span, 'startDate'), end: optionalText(span, 'endDate') });
}

type Part<K extends 'copyright' | 'license' | 'other'> = NonNullable<PremisRights[K]>;
type Statute = NonNullable<PremisRights['statutes']>[number];

function rights(node: XmlNode): PremisRights {
  const [statement, second] = children(node, 'rightsStatement');
  if (statement === undefined) throw incomplete(node, 'rightsStatement');
  if (second !== undefined) {
    throw new Fault(
      FaultKind.Unsupported,
      'premis/several-statements',
      `the rights at line ${node.line} hold several statements; this version reads one statement in each rights element`,
      { line: node.line },
    );
  }
  const copyright = child(statement, 'copyrightInformation');
  const license = child(statement, 'licenseInformation');
  const other = child(statement, 'otherRightsInformation');
  return given<PremisRights>({
    kind: 'rights',
    identifier: identifier(required(statement, 'rightsStatementIdentifier')),
    basis: termOf(statement, 'rightsBasis', 'rightsBasis'),
    copyright:
      copyright &&
      given<Part<'copyright'>>({
        status: termOf(copyright, 'copyrightStatus', 'copyrightStatus'),
        jurisdiction: textOf(copyright, 'copyrightJurisdiction'),
        notes: list(copyright, 'copyrightNote', text),
      }),
    license:
      license && given<Part<'license'>>({ terms: textOf(license, 'licenseTerms'), notes: list(license, 'licenseNote', text) }),
    statutes: list(statement, 'statuteInformation', (one) =>
      given<Statute>({
        jurisdiction: textOf(one, 'statuteJurisdiction'),
        citation: textOf(one, 'statuteCitation'),
        notes: list(one, 'statuteNote', text),
      }),
    ),
    other:
      other && given<Part<'other'>>({ basis: textOf(other, 'otherRightsBasis'), notes: list(other, 'otherRightsNote', text) }),
    granted: list(statement, 'rightsGranted', (one) =>
      given<RightsGranted>({
        act: textOf(one, 'act'),
        restrictions: list(one, 'restriction', text),
        grant: dates(one, 'termOfGrant'),
        restriction: dates(one, 'termOfRestriction'),
        notes: list(one, 'rightsGrantedNote', text),
      }),
    ),
    objects: list(statement, 'linkingObjectIdentifier', identifier),
    agents: list(statement, 'linkingAgentIdentifier', identifier),
  });
}

/**
 * @returns undefined for an element that is none of the four entities.
 * @throws Fault 'premis/incomplete', 'premis/bad-value', 'premis/unknown-term', 'premis/object-category',
 *   'premis/several-statements', each with the line.
 */
export function entityFromXml(node: XmlNode): PremisEntity | undefined {
  switch (node.name) {
    case 'object':
      return object(node);
    case 'event':
      return event(node);
    case 'agent':
      return agent(node);
    case 'rights':
      return rights(node);
    default:
      return undefined;
  }
}
