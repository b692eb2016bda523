/** Who judges the XML: libxml2 in WebAssembly with a given schema, and xmllint where it is installed. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { XmlDocument, XsdValidator } from 'libxml2-wasm';

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));

export const emittedXsd = path('../../../schemas/premis-emitted.xsd');
export const officialXsd = path('../../../../shared/data/xsd/premis/premis-v3-0.xsd');
export const hasOfficial = existsSync(officialXsd);
const XMLLINT = 'xmllint';
export const hasXmllint = spawnSync(XMLLINT, ['--version']).status === 0;

const validators = new Map<string, XsdValidator>();

function validatorOf(xsd: string): XsdValidator {
  const known = validators.get(xsd);
  if (known !== undefined) return known;
  const source = XmlDocument.fromBuffer(readFileSync(xsd));
  const validator = XsdValidator.fromDoc(source);
  source.dispose();
  validators.set(xsd, validator);
  return validator;
}

/** Undefined when the schema accepts it, else what it says. */
export function complaint(xml: string, xsd: string): string | undefined {
  let document: XmlDocument | undefined;
  try {
    document = XmlDocument.fromString(xml);
    validatorOf(xsd).validate(document);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  } finally {
    document?.dispose();
  }
}

/** The same question to xmllint. */
export function xmllintComplaint(xml: string, xsd: string): string | undefined {
  const { status, stderr } = spawnSync(XMLLINT, ['--noout', '--nonet', '--schema', xsd, '-'], { input: xml, encoding: 'utf8' });
  return status === 0 ? undefined : stderr;
}
