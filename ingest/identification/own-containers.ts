/** What lies in a compound file or a zip of each format: names, and how they begin. PRONOM's facts, as in own-table.ts. */

/** `name: signature`, each of which must be there; `*` for any content. */
export const OWN_CONTAINERS: readonly (readonly ['zip' | 'ole2', string, ...(readonly [string, string])[]])[] = [
  ['ole2', 'fmt/39', ['WordDocument', '*'], ['CompObj', "@40-1024: 10 00 00 00 'Word.Document.' ['6'-'7'] 00"]],
  ['ole2', 'fmt/40', ['WordDocument', '*'], ['CompObj', "@40-1024: 10 00 00 00 'Word.Document.8' 00"]],
  ['ole2', 'fmt/59', ['Book', '09 08 {2} 00 05 05 00']],
  ['ole2', 'fmt/61', ['Workbook', '09 08 {2} 00 06 05 00']],
  ['ole2', 'fmt/61', ['Book', '09 08 {2} 00 06 05 00']],
  [
    'ole2',
    'fmt/125',
    ['Header', "'Microsoft (R) PowerPoint (R) Windows ' 00 07 (00|01) 00 00 F0 03 00 00 5F"],
    ['PersistentStorage Directory', "@0-64: 'PowerPoint Document'"],
    ['PowerPoint Document', '*'],
  ],
  ['ole2', 'fmt/126', ['PowerPoint Document', '*']],
  ['ole2', 'x-fmt/253', ['Contents', 'E8 AC 22 00 {8-20} 7D 00']],
  ['ole2', 'x-fmt/254', ['Contents', 'E8 AC 22 00 {8-20} 88 00']],
  ['ole2', 'x-fmt/255', ['Contents', 'E8 AC 22 00 {8-20} 68 02']],
  ['ole2', 'x-fmt/430', ['__properties_version1.0', '*'], ['__nameid_version1.0', '*']],
  ['ole2', 'fmt/233', ['CompObj', "@28-1024: 00 00 00 'Microsoft Works' 00"]],
  ['ole2', 'fmt/258', ['CompObj', "@28-1024: 00 00 00 'Quill96 Story Group Class' 00"]],
  ['ole2', 'x-fmt/400', ['StarWriterDocument', "'SW5HDR'"]],
  ['ole2', 'fmt/836', ['PerfectOffice_MAIN', '00 00 02 00 07 10']],
  ['ole2', 'fmt/892', ['PerfectOffice_MAIN', "FF 'WPC' {4-*} 01 0A 02 02"]],
  ['ole2', 'x-fmt/174', ['PageMaker', '@6-128: FF 99 * 4D 50 00 06']],
  ['ole2', 'x-fmt/181', ['PageMaker', '@6-128: FF 99 * 4D 50 32 06']],
  ['zip', 'fmt/412', officeXml('wordprocessingml.document')],
  ['zip', 'fmt/214', officeXml('spreadsheetml.sheet')],
  ['zip', 'fmt/215', officeXml('presentationml.presentation')],
  ['zip', 'fmt/128', ['META-INF/manifest.xml', "@0-1024: 'application/vnd.sun.xml.writer'"], ['content.xml', '*']],
  ['zip', 'fmt/129', ['META-INF/manifest.xml', "@0-1024: 'application/vnd.sun.xml.calc'"], ['content.xml', '*']],
  ['zip', 'fmt/130', ['META-INF/manifest.xml', "@0-1024: 'application/vnd.sun.xml.impress'"], ['content.xml', '*']],
  ['zip', 'fmt/290', openDocument('text'), ['content.xml', "@0-128: 'office:document-content'"]],
  ['zip', 'fmt/136', openDocument('text'), version('1.0')],
  ['zip', 'fmt/291', openDocument('text'), version('1.2')],
  ['zip', 'fmt/294', openDocument('spreadsheet'), ['content.xml', "@0-128: 'office:document-content'"]],
  ['zip', 'fmt/137', openDocument('spreadsheet'), version('1.0')],
  ['zip', 'fmt/295', openDocument('spreadsheet'), version('1.2')],
  ['zip', 'fmt/483', ['mimetype', "@0-1024: 'application/epub+zip'"]],
  ['zip', 'x-fmt/412', ['META-INF/MANIFEST.MF', "'Manifest-Version:'"]],
];

function officeXml(kind: string): readonly [string, string] {
  return ['[Content_Types].xml', `@0-32768: 'ContentType="application/vnd.openxmlformats-officedocument.${kind}.main+xml"'`];
}

function openDocument(kind: string): readonly [string, string] {
  return ['META-INF/manifest.xml', `@0-1024: 'manifest:media-type="application/vnd.oasis.opendocument.${kind}'`];
}

function version(number: string): readonly [string, string] {
  return ['content.xml', `@0-128: 'office:document-content' * 'office:version=' (22|27) '${number}' (22|27)`];
}
