/**
 * The guard: nothing becomes part of a premis.xml that our own schema (schemas/premis-emitted.xsd) does not accept.
 * It judges a batch of entities at a time, wrapped as one document, so that memory does not grow with the package.
 */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { ParseOption, XmlDocument, XmlLibError, XsdValidator } from 'libxml2-wasm';
import { Fault, FaultKind } from '../kernel/index.ts';
import { FOOT, ROOT } from './frame.ts';

/** For batches that hold no object, which the schema asks for. Stands on the line of the root's start tag. */
const STAND_IN =
  '<object xsi:type="representation"><objectIdentifier><objectIdentifierType>local</objectIdentifierType>' +
  '<objectIdentifierValue>stand-in</objectIdentifierValue></objectIdentifier></object>';

const HEAD = Buffer.from(`${ROOT}\n`);
const HEAD_WITH_STAND_IN = Buffer.from(`${ROOT}${STAND_IN}\n`);
const FOOT_BYTES = Buffer.from(FOOT);

const OPTIONS = { option: ParseOption.XML_PARSE_NONET | ParseOption.XML_PARSE_NO_XXE | ParseOption.XML_PARSE_BIG_LINES };

/** A compiled schema in WebAssembly memory: dispose it (`using`), or share one for the life of the process. */
export interface PremisGuard extends Disposable {
  /**
   * @param entities XML of whole entities in UTF-8, objects first, each ended by a line feed.
   * @param at line of the document on which they begin, and whether an object is among them.
   * @throws Fault 'premis/not-valid' with the line of the document and the words of the validator.
   */
  check(entities: Uint8Array, at: { line: number; hasObject: boolean }): void;
}

function firstOf(error: XmlLibError): { line: number; message: string } {
  const [first] = error.details;
  return {
    line: first?.line ?? 0,
    message: (first?.message ?? error.message).trim().replaceAll('{http://www.loc.gov/premis/v3}', ''),
  };
}

/** @param xsd the schema; without it, the one in our own `schemas/`. */
export async function openPremisGuard(xsd?: Uint8Array): Promise<PremisGuard> {
  const schema = xsd ?? (await readFile(createRequire(import.meta.url).resolve('#schemas/premis-emitted.xsd')));
  const source = XmlDocument.fromBuffer(schema, OPTIONS);
  let validator: XsdValidator;
  try {
    validator = XsdValidator.fromDoc(source);
  } finally {
    source.dispose();
  }
  return {
    check(entities, { line, hasObject }) {
      let document: XmlDocument | undefined;
      try {
        document = XmlDocument.fromBuffer(Buffer.concat([hasObject ? HEAD : HEAD_WITH_STAND_IN, entities, FOOT_BYTES]), OPTIONS);
        validator.validate(document);
      } catch (error) {
        if (!(error instanceof XmlLibError)) throw error;
        const first = firstOf(error);
        const at = line + Math.max(0, first.line - 2);
        throw new Fault(
          FaultKind.Refused,
          'premis/not-valid',
          `the PREMIS record would break our own schema at line ${at}: ${first.message}; nothing was sealed. This is a mistake in the program: please report it`,
          { line: at, validator: first.message },
          { cause: error },
        );
      } finally {
        document?.dispose();
      }
    },
    [Symbol.dispose]() {
      validator.dispose();
    },
  };
}
