/** What stands around the entities of a PREMIS document, and how large one entity may be: writer, guard and reader agree here. */

export const NAMESPACE = 'http://www.loc.gov/premis/v3';
export const XSI = 'http://www.w3.org/2001/XMLSchema-instance';
export const DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n';
export const ROOT = `<premis xmlns="${NAMESPACE}" xmlns:xsi="${XSI}" version="3.0">`;
export const FOOT = '</premis>\n';

/** Elements in one entity, at most: about 160,000 linked identifiers, 100 MB in memory. */
export const MAX_ELEMENTS = 500_000;
