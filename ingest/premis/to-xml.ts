/** One entity as PREMIS 3 XML, in the element order of the official schema, indented by two levels inside `<premis>`. */
import type {
  Characteristics,
  ObjectFormat,
  PremisAgent,
  PremisEntity,
  PremisEvent,
  PremisIdentifier,
  PremisObject,
  PremisRights,
  Relationship,
  RightsGranted,
  StorageLocation,
  Term,
} from './entities.ts';
import { xmlText } from '../kernel/index.ts';
import { type Vocabulary, writtenAlgorithm, writtenTerm } from './vocabulary.ts';

/** An element with text. */
function leaf(name: string, text: string): string {
  return `<${name}>${xmlText(text)}</${name}>`;
}

/** The same, or nothing. */
function maybe(name: string, text: string | number | undefined): string {
  return text === undefined ? '' : leaf(name, String(text));
}

function term(name: string, vocabulary: Vocabulary, label: string): string {
  const { attributes } = writtenTerm(vocabulary, label);
  return `<${name}${attributes}>${label}</${name}>`;
}

function each<T>(items: readonly T[] | undefined, write: (item: T) => string): string {
  return items === undefined ? '' : items.map(write).join('');
}

/** `<xIdentifier><xIdentifierType>…</xIdentifierType><xIdentifierValue>…</xIdentifierValue>…</xIdentifier>` on one line. */
function identifier(name: string, { type, value }: PremisIdentifier, more = ''): string {
  return `<${name}>${leaf(`${name}Type`, type)}${leaf(`${name}Value`, value)}${more}</${name}>`;
}

const line = (depth: number, xml: string): string => (xml === '' ? '' : `${'  '.repeat(depth)}${xml}\n`);

function block(depth: number, name: string, content: string): string {
  return `${line(depth, `<${name}>`)}${content}${line(depth, `</${name}>`)}`;
}

function format(depth: number, { name, version, puid, notes }: ObjectFormat): string {
  const registry =
    puid === undefined
      ? ''
      : `<formatRegistry><formatRegistryName>PRONOM</formatRegistryName>${leaf('formatRegistryKey', puid)}<formatRegistryRole>specification</formatRegistryRole></formatRegistry>`;
  return block(
    depth,
    'format',
    line(depth + 1, `<formatDesignation>${leaf('formatName', name)}${maybe('formatVersion', version)}</formatDesignation>`) +
      line(depth + 1, registry) +
      each(notes, (note) => line(depth + 1, leaf('formatNote', note))),
  );
}

function characteristics(depth: number, facts: Characteristics): string {
  const inner = depth + 1;
  const made = facts.creatingApplication;
  return block(
    depth,
    'objectCharacteristics',
    line(inner, maybe('compositionLevel', facts.compositionLevel)) +
      each(facts.fixity, ({ algorithm, digest, originator }) => {
        const { attributes, label } = writtenAlgorithm(algorithm, digest);
        const name = `<messageDigestAlgorithm${attributes}>${label}</messageDigestAlgorithm>`;
        return line(
          inner,
          `<fixity>${name}${leaf('messageDigest', digest)}${maybe('messageDigestOriginator', originator)}</fixity>`,
        );
      }) +
      line(inner, maybe('size', facts.size)) +
      each(facts.formats, (one) => format(inner, one)) +
      (made === undefined
        ? ''
        : line(
            inner,
            `<creatingApplication>${leaf('creatingApplicationName', made.name)}${maybe('creatingApplicationVersion', made.version)}${maybe('dateCreatedByApplication', made.created)}</creatingApplication>`,
          )) +
      each(facts.inhibitors, ({ type, targets }) =>
        line(
          inner,
          `<inhibitors>${leaf('inhibitorType', type)}${each(targets, (target) => leaf('inhibitorTarget', target))}</inhibitors>`,
        ),
      ),
  );
}

function storage({ type, value }: StorageLocation): string {
  return line(
    2,
    `<storage><contentLocation>${leaf('contentLocationType', type)}${leaf('contentLocationValue', value)}</contentLocation></storage>`,
  );
}

function relationship({ type, subType, objects, events }: Relationship): string {
  return block(
    2,
    'relationship',
    line(3, term('relationshipType', 'relationshipType', type)) +
      line(3, term('relationshipSubType', 'relationshipSubType', subType)) +
      each(objects, (one) => line(3, identifier('relatedObjectIdentifier', one, maybe('relatedObjectSequence', one.sequence)))) +
      each(events, (one) => line(3, identifier('relatedEventIdentifier', one))),
  );
}

function object(facts: PremisObject): string {
  return (
    line(1, `<object xsi:type="${facts.kind}">`) +
    each(facts.identifiers, (one) => line(2, identifier('objectIdentifier', one))) +
    each(facts.significantProperties, ({ type, value }) =>
      line(
        2,
        `<significantProperties>${leaf('significantPropertiesType', type)}${leaf('significantPropertiesValue', value)}</significantProperties>`,
      ),
    ) +
    ('characteristics' in facts ? each(facts.characteristics, (one) => characteristics(2, one)) : '') +
    ('originalName' in facts ? line(2, maybe('originalName', facts.originalName)) : '') +
    ('storage' in facts ? each(facts.storage, storage) : '') +
    each(facts.relationships, relationship) +
    each(facts.linkedEvents, (one) => line(2, identifier('linkingEventIdentifier', one))) +
    each(facts.linkedRights, (one) => line(2, identifier('linkingRightsStatementIdentifier', one))) +
    line(1, '</object>')
  );
}

function event(facts: PremisEvent): string {
  const detail = maybe('eventDetail', facts.detail);
  const notes = each(facts.notes, (note) =>
    line(3, `<eventOutcomeDetail>${leaf('eventOutcomeDetailNote', note)}</eventOutcomeDetail>`),
  );
  return block(
    1,
    'event',
    line(2, identifier('eventIdentifier', facts.identifier)) +
      line(2, term('eventType', 'eventType', facts.type)) +
      line(2, leaf('eventDateTime', facts.at.toISOString())) +
      line(2, detail === '' ? '' : `<eventDetailInformation>${detail}</eventDetailInformation>`) +
      block(2, 'eventOutcomeInformation', line(3, term('eventOutcome', 'eventOutcome', facts.outcome)) + notes) +
      each(facts.agents, (one) =>
        line(2, identifier('linkingAgentIdentifier', one, term('linkingAgentRole', 'eventRelatedAgentRole', one.role))),
      ) +
      each(facts.objects, (one) =>
        line(2, identifier('linkingObjectIdentifier', one, term('linkingObjectRole', 'eventRelatedObjectRole', one.role))),
      ),
  );
}

function agent(facts: PremisAgent): string {
  return block(
    1,
    'agent',
    each(facts.identifiers, (one) => line(2, identifier('agentIdentifier', one))) +
      line(2, leaf('agentName', facts.name)) +
      line(2, term('agentType', 'agentType', facts.type)) +
      line(2, maybe('agentVersion', facts.version)) +
      each(facts.notes, (note) => line(2, leaf('agentNote', note))),
  );
}

function dates(name: string, span: Term | undefined): string {
  return span === undefined ? '' : `<${name}>${leaf('startDate', span.start)}${maybe('endDate', span.end)}</${name}>`;
}

function granted(facts: RightsGranted): string {
  return block(
    3,
    'rightsGranted',
    line(4, leaf('act', facts.act)) +
      each(facts.restrictions, (text) => line(4, leaf('restriction', text))) +
      line(4, dates('termOfGrant', facts.grant)) +
      line(4, dates('termOfRestriction', facts.restriction)) +
      each(facts.notes, (note) => line(4, leaf('rightsGrantedNote', note))),
  );
}

function rights(facts: PremisRights): string {
  const { copyright, license, other } = facts;
  const notes = (name: string, texts: readonly string[] | undefined): string => each(texts, (note) => line(4, leaf(name, note)));
  const statement =
    line(3, identifier('rightsStatementIdentifier', facts.identifier)) +
    line(3, term('rightsBasis', 'rightsBasis', facts.basis)) +
    (copyright === undefined
      ? ''
      : block(
          3,
          'copyrightInformation',
          line(4, term('copyrightStatus', 'copyrightStatus', copyright.status)) +
            line(4, leaf('copyrightJurisdiction', copyright.jurisdiction)) +
            notes('copyrightNote', copyright.notes),
        )) +
    (license === undefined
      ? ''
      : block(3, 'licenseInformation', line(4, leaf('licenseTerms', license.terms)) + notes('licenseNote', license.notes))) +
    each(facts.statutes, (statute) =>
      block(
        3,
        'statuteInformation',
        line(4, leaf('statuteJurisdiction', statute.jurisdiction)) +
          line(4, leaf('statuteCitation', statute.citation)) +
          notes('statuteNote', statute.notes),
      ),
    ) +
    (other === undefined
      ? ''
      : block(
          3,
          'otherRightsInformation',
          line(4, leaf('otherRightsBasis', other.basis)) + notes('otherRightsNote', other.notes),
        )) +
    each(facts.granted, granted) +
    each(facts.objects, (one) => line(3, identifier('linkingObjectIdentifier', one))) +
    each(facts.agents, (one) => line(3, identifier('linkingAgentIdentifier', one)));
  return block(1, 'rights', block(2, 'rightsStatement', statement));
}

/**
 * An entity as XML, ended by a line feed.
 * @throws TypeError for a term outside its vocabulary or a digest of the wrong length; RangeError for an impossible date
 *   or a text that is too long.
 */
export function entityToXml(entity: PremisEntity): string {
  switch (entity.kind) {
    case 'event':
      return event(entity);
    case 'agent':
      return agent(entity);
    case 'rights':
      return rights(entity);
    case 'file':
    case 'bitstream':
    case 'representation':
    case 'intellectualEntity':
      return object(entity);
    default:
      throw new TypeError(`"${(entity as { kind: string }).kind}" is no kind of PREMIS entity`);
  }
}
