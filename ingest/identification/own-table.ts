/**
 * The formats that disks of the years 1980 to 2005 really hold, one to a line:
 * PRONOM's identifier | title | version | MIME type | extensions | identifiers that it outranks | signatures.
 *
 * Identifiers, titles, and what outranks what are PRONOM's facts (The National Archives, Open Government Licence 3.0), of signature
 * file 116. Signatures are joined by ` or `, sequences that must all stand in the file by ` & `; see sequence.ts for the notation.
 * `@4-8:` begins 4 to 8 bytes after the beginning of the file, `$0-4:` ends 0 to 4 bytes before its end; without either it begins it.
 */

export const DOCUMENTS = String.raw`
  x-fmt/393 | WordPerfect for MS-DOS Document | 5.0 | application/vnd.wordperfect | doc w50 wp wp5 wpd | - | FF 'WPC' {5} 0A 00 00 {2} 00 00
  x-fmt/394 | WordPerfect for MS-DOS/Windows Document | 5.1 | application/vnd.wordperfect | doc w51 wp wp5 wpd | - | FF 'WPC' {5} 0A 00 01 {2} 00 00
  x-fmt/44 | WordPerfect for MS-DOS/Windows Document | 6.x | application/vnd.wordperfect | doc w60 w61 w62 wp wp6 wpd | - | FF 'WPC' {4} 01 0A 02 (00|01|02)
  x-fmt/274 | Microsoft Word for MS-DOS Document | 1.x - 4.0 | application/msword | doc | - | 31 BE 00 00 00 AB {90} 00 00 {18} 00
  x-fmt/275 | Microsoft Word for MS-DOS Document | 5.0 - 5.4 | application/msword | doc | - | 31 BE 00 00 00 AB {90} 00 00 {18} (04|05)
  x-fmt/276 | Microsoft Word for MS-DOS Document | 5.5 | application/msword | doc | - | 31 BE 00 00 00 AB {90} 00 00 {18} (06|07)
  x-fmt/12 | Write for Windows Document | 3.0 | - | wri | - | 31 BE 00 00 00 AB {90} [!0000]
  x-fmt/4 | Write for Windows Document | 3.1 | - | wri | - | 32 BE 00 00 00 AB {90} [!0000]
  fmt/37 | Microsoft Word for Windows Document | 1.0 | application/msword | doc | - | 9B A5 {16} 00 00 00 00
  fmt/38 | Microsoft Word for Windows Document | 2.0 | application/msword | doc | - | DB A5 {16} 00 00 00 00
  fmt/346 | Microsoft Word for Macintosh Document | 1.0 | application/msword | mcw | - | FE 32 00 C1
  x-fmt/1 | Microsoft Word for Macintosh Document | 3.0 | application/msword | mcw | - | FE 34 00 (00|C1)
  x-fmt/64 | Microsoft Word for Macintosh Document | 4.0 | application/msword | mcw | - | FE 37 00 1C
  x-fmt/65 | Microsoft Word for Macintosh Document | 5.0 | application/msword | mcw | - | FE 37 00 23
  x-fmt/205 | WordStar for MS-DOS Document | 5.0 | - | ws ws5 | - | 1D 7D 00 00 50 {120} 7D 00 1D
  x-fmt/236 | WordStar for MS-DOS Document | 5.5 | - | ws | - | 1D 7D 00 00 55 {120} 7D 00 1D
  x-fmt/237 | WordStar for MS-DOS Document | 6.0 | - | ws ws6 | - | 1D 7D 00 00 60 {120} 7D 00 1D
  x-fmt/261 | WordStar for MS-DOS Document | 7.0 | - | ws ws7 | - | 1D 7D 00 00 70 {120} 7D 00 1D
  x-fmt/191 | AMI Professional Document | - | application/vnd.lotus-wordpro | sam | - | '[ver]' {6} '[sty]' * '[edoc]'
  x-fmt/340 | Lotus WordPro Document | 96 | application/lwp | lwp | - | 'WordPro' 0D FB 00 00 00 00 00 00 00 00 05 98 5C 81 72 03 00 40 CC C1 BF FF BD F9 (50|70)
  fmt/340 | Lotus WordPro Document | 97/Millennium | application/lwp | lwp | - | 'WordPro' 00 00 00 00 00 00 00 00 00 'LWP7' 00 00 00 00 00 00 00 00 00 00 00 00 00 00 FF FF FF FF 00 00 00 00 2E
  fmt/163 | Microsoft Works Word Processor 1-3 for DOS and 2 for Windows | - | - | wps | - | 01 FE {18} (C4|D0) 02
  fmt/45 | Rich Text Format | 1.0-1.4 | application/rtf | rtf | - | '{\rtf' ('\'|'1\') ('ansi'|'mac'|'pc')
  fmt/50 | Rich Text Format | 1.5-1.6 | application/rtf | rtf | fmt/45 | '{\rtf' {0-2} '\' ('ansi'|'mac'|'pc'|'pca') '\ansicpg'
  fmt/52 | Rich Text Format | 1.7 | application/rtf | rtf | fmt/45 fmt/50 | '{\rtf' ('\'|'1\') ('ansi'|'mac'|'pc'|'pca') '\ansicpg' {3-*} '\stshfdbch' {1-4} '\stshfloch' {1-4} '\stshfhich' {1-4} '\stshfbi'
  fmt/53 | Rich Text Format | 1.8 | application/rtf | rtf | fmt/45 fmt/50 fmt/52 | '{\rtf' {0-15} ('ansi'|'mac'|'pc'|'pca') '\ansicpg' {3-*} '\stshfdbch' {1-4} '\stshfloch' {1-4} '\stshfhich' {1-4} '\stshfbi' * '\lsdstimax'
  fmt/355 | Rich Text Format | 1.9 | application/rtf | rtf | fmt/45 fmt/50 fmt/52 fmt/53 | '{\rtf' {0-15} ('ansi'|'mac'|'pc'|'pca') '\ansicpg' {3-*} '\stshfdbch' {1-5} '\stshfloch' {1-5} '\stshfhich' {1-5} '\stshfbi' * '\*\' ('colorschememapping'|'datastore'|'defchp')
  fmt/14 | Acrobat PDF 1.0 - Portable Document Format | 1.0 | application/pdf | pdf | fmt/134 x-fmt/453 | '%PDF-1.0' & $0-1024: '%%EOF'
  fmt/15 | Acrobat PDF 1.1 - Portable Document Format | 1.1 | application/pdf | pdf | fmt/134 x-fmt/453 | '%PDF-1.1' & $0-1024: '%%EOF'
  fmt/16 | Acrobat PDF 1.2 - Portable Document Format | 1.2 | application/pdf | pdf | fmt/134 x-fmt/453 | '%PDF-1.2' & $0-1024: '%%EOF'
  fmt/17 | Acrobat PDF 1.3 - Portable Document Format | 1.3 | application/pdf | pdf | fmt/134 x-fmt/453 | '%PDF-1.3' & $0-1024: '%%EOF'
  fmt/18 | Acrobat PDF 1.4 - Portable Document Format | 1.4 | application/pdf | pdf | fmt/134 x-fmt/453 | '%PDF-1.4' & $0-1024: '%%EOF'
  fmt/19 | Acrobat PDF 1.5 - Portable Document Format | 1.5 | application/pdf | pdf | fmt/134 x-fmt/453 | '%PDF-1.5' & $0-1024: '%%EOF'
  fmt/20 | Acrobat PDF 1.6 - Portable Document Format | 1.6 | application/pdf | pdf | fmt/134 x-fmt/453 | '%PDF-1.6' & $0-1024: '%%EOF'
  fmt/276 | Acrobat PDF 1.7 - Portable Document Format | 1.7 | application/pdf | pdf | fmt/134 x-fmt/453 | @0-1: '%PDF-1.7' & $0-1024: '%%EOF'
  x-fmt/91 | Postscript | 1.0 | application/postscript | ps | - | '%!PS-Adobe-1.0' & $0: '%%EOF' (0A|0D|0D0A)
  x-fmt/406 | PostScript | 2.0 | application/postscript | ps | - | '%!PS-Adobe-2.0'
  x-fmt/407 | PostScript | 2.1 | application/postscript | ps | - | '%!PS-Adobe-2.1'
  x-fmt/408 | PostScript | 3.0 | application/postscript | ps | - | '%!PS-Adobe-3.0'
  fmt/501 | PostScript | 3.1 | application/postscript | ps | - | '%!PS-Adobe-3.1'
  fmt/122 | Encapsulated PostScript File Format | 1.2 | application/postscript | eps epsf | x-fmt/91 x-fmt/406 x-fmt/407 x-fmt/408 | '%!PS-Adobe-2.0 EPSF-1.2' (0A|0D)
  fmt/123 | Encapsulated PostScript File Format | 2.0 | application/postscript | eps epsf | x-fmt/91 x-fmt/406 x-fmt/407 x-fmt/408 | '%!PS-Adobe-2.0 EPSF-2.0' {0-1} 0A
  fmt/124 | Encapsulated PostScript File Format | 3 | application/postscript | eps epsf ps | x-fmt/91 x-fmt/406 x-fmt/407 x-fmt/408 fmt/501 | '%!PS-Adobe-3.' ('0'|'1') ' EPSF-3.0' (0A|0D)
  fmt/96 | Hypertext Markup Language | - | text/html | htm html | - | @0-1024: '<' ('HTML'|'html') & $0-1024: '</' ('BODY'|'HTML'|'body'|'html') '>'
  fmt/97 | Hypertext Markup Language | 2.0 | text/html | htm html | fmt/96 | @0-1024: '<!' ('DOCTYPE'|'doctype') ' ' ('HTML'|'html') ' ' ('PUBLIC'|'public') ' "-//' {1-16} '//DTD ' {0-64} 'HTML 2.0'
  fmt/98 | Hypertext Markup Language | 3.2 | text/html | htm html | fmt/96 | @0-1024: '<!' ('DOCTYPE'|'doctype') ' ' ('HTML'|'html') ' ' ('PUBLIC'|'public') ' "-//' {1-16} '//DTD ' {0-64} 'HTML 3.2'
  fmt/99 | Hypertext Markup Language | 4.0 | text/html | htm html | fmt/96 | @0-1024: '<!' ('DOCTYPE'|'doctype') ' ' ('HTML'|'html') ' ' ('PUBLIC'|'public') ' "-//' {1-16} '//DTD ' {0-64} 'HTML 4.0' (' '|'/')
  fmt/100 | Hypertext Markup Language | 4.01 | text/html | htm html | fmt/96 | @0-1024: '<!' ('DOCTYPE'|'doctype') ' ' ('HTML'|'html') ' ' ('PUBLIC'|'public') ' "-//' {1-16} '//DTD ' {0-64} 'HTML 4.01'
  fmt/102 | Extensible Hypertext Markup Language | 1.0 | application/xhtml+xml | htm html | fmt/101 fmt/96 | @0-1024: '<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0' * '<html xmlns="http://www.w3.org/1999/xhtml"' * '<title>' * '</title>'
  fmt/101 | Extensible Markup Language | 1.0 | application/xml | xml | fmt/97 fmt/98 fmt/99 fmt/100 fmt/96 | @0-3: '<?xml version=' (22|27) '1.0' (22|27)
  fmt/950 | MIME Email | 1.0 | message/rfc822 | eml | - | @0-16384: 'M' ('IME'|'ime') '-Version: 1.0' & @0-16384: 'To: ' & @0-16384: 'From: ' & @0-16384: 'Date: ' & @0-16384: 'Content-Type: '
  x-fmt/173 | PageMaker PC Document | 5.0 | application/vnd.pagemaker | pm5 pt5 | - | @6: FF 99 {100} 'MP' 00 05
  x-fmt/352 | PageMaker PC Document | 4.0 | application/vnd.pagemaker | pm4 pt4 | - | @6-12: FF 99 {100} 'MP' 00 04
  fmt/799 | WriteNow | - | - | - | - | 'WriteNow'
  fmt/474 | Windows Help File | - | - | hlp | - | 3F 5F 03 00 {4} FF FF FF FF
  fmt/846 | ClarisWorks Word Processor | 2-3 | - | cwk | - | 02 {3} 'BOBO' {240} 01
  fmt/739 | ClarisWorks Word Processor | 4 | - | cwk | - | 04 {3} 'BOBO' {248} 01
  fmt/736 | ClarisWorks | 1 (generic) | - | cwk | - | 01 {3} 'BOBO'
  x-fmt/309 | ChiWriter Document | 3 | - | chi | - | '\1cw 3.'
  fmt/300 | ChiWriter Document | 4 | - | chi | - | '(CHIWRITER 4.'
`;

export const DATA = String.raw`
  x-fmt/117 | Lotus 1-2-3 Worksheet | 1.0 | application/vnd.lotus-1-2-3 | wks | - | 00 00 02 00 04 04
  x-fmt/114 | Lotus 1-2-3 Worksheet | 2.0 | application/vnd.lotus-1-2-3 | wk1 wk2 | - | 00 00 02 00 06 04 06 00 08 00
  x-fmt/115 | Lotus 1-2-3 Worksheet | 3.0 | application/lotus123 | wk3 | - | 00 00 1A 00 00 10 04 00
  x-fmt/116 | Lotus 1-2-3 Worksheet | 4-5 | application/lotus123 | wk4 | - | 00 00 1A 00 02 10 04 00
  fmt/166 | Microsoft Works Spreadsheet | 1-5 | - | wks | x-fmt/117 | (00|FF) 00 02 00 04 04 05 54 02 & $0: 01 00 00 00
  x-fmt/121 | Quattro Pro Spreadsheet for DOS | 1-4 | - | wkq wq1 | - | 00 00 02 00 20 51 & $0: 01 00 00 00
  x-fmt/122 | Quattro Pro Spreadsheet for DOS | 5 | - | wkq wq2 | - | 00 00 02 00 21 51 & $0: 01 00 00 00
  fmt/834 | Quattro Pro Spreadsheet for Windows | 1/5 | - | wb1 | - | 00 00 02 00 01 10
  fmt/835 | Quattro Pro Spreadsheet for Windows | 6 | - | wb2 | - | 00 00 02 00 02 10
  fmt/55 | Microsoft Excel 2.x Worksheet (xls) | 2 | application/vnd.ms-excel | xls | - | 09 00 04 00 {2} 10 00
  fmt/56 | Microsoft Excel 3.0 Worksheet (xls) | 3 | application/vnd.ms-excel | xls | - | 09 02 06 00 {2} 10 00
  fmt/57 | Microsoft Excel 4.0 Worksheet (xls) | 4S | application/vnd.ms-excel | xls | - | 09 04 06 00 {2} 10 00
  fmt/58 | Microsoft Excel 4.0 Workbook (xls) | 4W | application/vnd.ms-excel | xlw | - | 09 04 06 00 00 (00|04) 00 01
  x-fmt/41 | Data Interchange Format | - | - | dif | - | 'TABLE' 0D 0A '0,1' 0D 0A '"' {1-100} '"' 0D 0A 'VECTORS' 0D 0A
  x-fmt/8 | dBASE Database | II | - | dbf | - | 02 {2} [01:1C] [01:1F] {2} [00:03] ([41:5A]|[61:7A]) {10} ('C'|'L'|'N')
  x-fmt/9 | dBASE Database | III | - | dbf | - | 03 {1} [01:0C] [01:1F] {28} ([41:5A]|[61:7A]) {10} ('C'|'D'|'L'|'M'|'N')
  x-fmt/271 | dBASE Database | III+ | - | dbf | - | 83 {1} [01:0C] [01:1F] {28} ([41:5A]|[61:7A]) {10} ('C'|'D'|'L'|'M'|'N')
  x-fmt/10 | dBASE Database | IV | application/dbase | dbf | - | (04|43|63) {1} [01:0C] [01:1F] {28} ([41:5A]|[61:7A]) {10} ('C'|'D'|'F'|'L'|'N') or (7B|CB) {1} [01:0C] [01:1F] {28} ([41:5A]|[61:7A]) {10} ('C'|'D'|'F'|'L'|'M'|'N')
  fmt/373 | FoxPro Database | 2.x | - | dbf | - | F5 {1} [01:0C] [01:1F] {28} ([41:5A]|[61:7A]) {10} ('C'|'D'|'L'|'M'|'N')
  fmt/350 | Paradox Database Table | 3.0 | - | db | - | @2: 00 08 (00|02) [01:04] {31} 00 00 00 00 {16} [03:04]
  x-fmt/238 | Microsoft Access Database File | 95 | - | mda mdb mde mdt | - | 00 01 00 00 'Standard Jet DB' 00 00 00 00 00 & @0-*: 'AccessVersion' {0-1024} '06.' [30:39] [30:39]
  x-fmt/239 | Microsoft Access Database File | 97 | - | mda mdb mde mdt | - | 00 01 00 00 'Standard Jet DB' 00 00 00 00 00 & @0-*: 'AccessVersion' {0-1024} '07.' [30:39] [30:39]
  x-fmt/318 | FileMaker Pro Database | 3 | application/x-filemaker | fm fmp fp fp3 | - | 00 01 00 00 00 02 00 01 00 05 00 02 00 02 C0 {527} 'Pro 3'
  x-fmt/319 | FileMaker Pro Database | 5 | - | fm fmp fp fp5 | - | 00 01 00 00 00 02 00 01 00 05 00 02 00 02 C0 {527} 'Pro 5'
  fmt/307 | Quicken Interchange Format | - | application/qif | qif | - | @0-64: '!Type:' * '^'
  x-fmt/248 | Microsoft Outlook Personal Folders (ANSI) | 1997-2002 | - | pst | - | '!BDN' {4} 'SM' (0E|0F) 00
  x-fmt/249 | Microsoft Outlook Personal Folders (Unicode) | 2003-2007 | - | pst | - | '!BDN' {4} 'SM' 17 00
`;

export const PICTURES = String.raw`
  fmt/3 | Graphics Interchange Format | 87a | image/gif | gif | - | 'GIF87a' & $0-4: 3B
  fmt/4 | Graphics Interchange Format | 89a | image/gif | gif | - | 'GIF89a' & $0-4: 3B
  fmt/41 | Raw JPEG Stream | - | image/jpeg | jfi jfif jif jpe jpeg jpg | - | FF D8 FF & $0-65536: FF D9
  fmt/42 | JPEG File Interchange Format | 1.00 | image/jpeg | jfi jfif jif jpe jpeg jpg | fmt/41 | FF D8 FF E0 {2} 'JFIF' 00 01 00 (00|01|02) & $0-65536: FF D9
  fmt/43 | JPEG File Interchange Format | 1.01 | image/jpeg | jfi jfif jif jpe jpeg jpg | fmt/41 | FF D8 FF E0 {2} 'JFIF' 00 01 01 (00|01|02) & $0-65536: FF D9
  fmt/44 | JPEG File Interchange Format | 1.02 | image/jpeg | jfi jfif jif jpe jpeg jpg | fmt/41 | FF D8 FF E0 {2} 'JFIF' 00 01 02 (00|01|02) & $0-65536: FF D9
  x-fmt/398 | Exchangeable Image File Format (Compressed) | 2.0 | image/jpeg | jpeg jpg | fmt/41 | FF D8 FF E1 {2} 'Exif' 00 00 'II' 2A 00 * 00 90 07 00 04 00 00 00 '0200' & $0-16000: FF D9 or FF D8 FF E1 {2} 'Exif' 00 00 'MM' 00 2A * 90 00 00 07 00 00 00 04 '0200' & $0-16000: FF D9
  x-fmt/390 | Exchangeable Image File Format (Compressed) | 2.1 | image/jpeg | jpeg jpg | fmt/41 | FF D8 FF E1 {2} 'Exif' 00 00 'II' 2A 00 * 00 90 07 00 04 00 00 00 '0210' & $0-16000: FF D9 or FF D8 FF E1 {2} 'Exif' 00 00 'MM' 00 2A * 90 00 00 07 00 00 00 04 '0210' & $0-16000: FF D9
  x-fmt/391 | Exchangeable Image File Format (Compressed) | 2.2 | image/jpeg | jpeg jpg | fmt/41 | FF D8 FF E1 {2} 'Exif' 00 00 'II' 2A 00 * 00 90 07 00 04 00 00 00 '0220' & $0-65536: FF D9 or FF D8 FF E1 {2} 'Exif' 00 00 'MM' 00 2A * 90 00 00 07 00 00 00 04 '0220' & $0-65536: FF D9
  fmt/645 | Exchangeable Image File Format (Compressed) | 2.21 | image/jpeg | jpeg jpg | fmt/41 | FF D8 FF E1 {2} 'Exif' 00 00 'II' 2A 00 * 00 90 07 00 04 00 00 00 '0221' & $0-65536: FF D9 or FF D8 FF E1 {2} 'Exif' 00 00 'MM' 00 2A * 90 00 00 07 00 00 00 04 '0221' & $0-65536: FF D9
  fmt/353 | Tagged Image File Format | - | image/tiff | tif tiff | fmt/134 | 'II' 2A 00 or 'MM' 00 2A
  fmt/115 | Windows Bitmap | 2.0 | image/bmp | bmp dib | - | 'BM' {4} 00 00 00 00 {4} 0C 00 00 00 {4} 01 00 (01|04|08|18) 00
  fmt/116 | Windows Bitmap | 3.0 | image/bmp | bmp dib | - | 'BM' {4} 00 00 00 00 {4} 28 00 00 00 {8} 01 00 (01|04|08|10|18|20) 00 (00|01|02) 00 00 00
  fmt/117 | Windows Bitmap | 3.0 NT | image/bmp | bmp dib | - | 'BM' {4} 00 00 00 00 {4} 28 00 00 00 {8} 01 00 (10|20) 00 03 00 00 00
  fmt/118 | Windows Bitmap | 4.0 | image/bmp | bmp dib | - | 'BM' {4} 00 00 00 00 {4} 6C 00 00 00 {8} 01 00 (01|04|08|10|18|20) 00 (00|01|02|03) 00 00 00
  fmt/119 | Windows Bitmap | 5.0 | image/bmp | bmp dib | - | 'BM' {4} 00 00 00 00 {4} 7C 00 00 00 {8} 01 00 (01|04|08|10|18|20) 00 (00|01|02|03) 00 00 00
  x-fmt/270 | OS/2 Bitmap | 2.0 | image/bmp | bmp | - | 'BM' {12} (10|30|40) 00 00 00 {8} 01 00
  fmt/86 | PCX | 0 | image/vnd.zbrush.pcx | pcc pcx | - | 0A 00 01
  fmt/87 | PCX | 2 | image/vnd.zbrush.pcx | pcc pcx | - | 0A 02 01
  fmt/88 | PCX | 3 | image/vnd.zbrush.pcx | pcc pcx | - | 0A 03 01
  fmt/89 | PCX | 4 | image/vnd.zbrush.pcx | pcc pcx | - | 0A 04 01
  fmt/90 | PCX | 5 | image/vnd.zbrush.pcx | pcc pcx | fmt/134 | 0A 05 01
  fmt/11 | Portable Network Graphics | 1.0 | image/png | png | - | 89 'PNG' 0D 0A 1A 0A 00 00 00 0D 'IHDR' & $0-4: 00 00 00 00 'IEND' AE 42 60 82
  fmt/12 | Portable Network Graphics | 1.1 | image/png | png | fmt/11 | 89 'PNG' 0D 0A 1A 0A 00 00 00 0D 'IHDR' * ('iCCP'|'sPLT') & $0: 00 00 00 00 'IEND' AE 42 60 82
  fmt/13 | Portable Network Graphics | 1.2 | image/png | png | fmt/11 fmt/12 | 89 'PNG' 0D 0A 1A 0A 00 00 00 0D 'IHDR' * 'iTXt' & $0: 00 00 00 00 'IEND' AE 42 60 82
  fmt/402 | Truevision TGA Bitmap | 2.0 | - | icb tga vda vst | x-fmt/367 | $0: 'TRUEVISION-XFILE.' 00
  x-fmt/367 | Truevision TGA Bitmap | 1.0 | - | afi bpx icb tga vda vst | - | @1: 01 (01|09) {4} (0F|10|18|20) {8} (08|0F|10|18|20) or @1: 00 (02|03|0A|0B) 00 00 00 00 00 {8} (08|0F|10|18|20)
  x-fmt/80 | Macintosh PICT Image | 1.0 | image/x-pict | pct pict | - | 00 00 00 00 00 00 {516} 11 01
  fmt/341 | Macintosh PICT Image | 2.0 | image/x-pict | pct pic pict | - | @522: 00 11 02 FF 0C 00
  x-fmt/161 | MacPaint Image | 1 | - | mac | - | 00 00 00 02 FF FF FF FF
  x-fmt/119 | Windows Metafile Image | - | image/wmf | wmf | - | D7 CD C6 9A 00 00 {16} 01 00 09 00 or 01 00 09 00 00 (01|03)
  fmt/344 | Microsoft Windows Enhanced Metafile | 2.0 | image/emf | emf | - | 01 00 00 00 64 00 00 00 {32} ' EMF' 00 00 01 00 {12} 00 00 00 00 {28} 00 00 00 00
  fmt/345 | Microsoft Windows Enhanced Metafile | 3.0 | image/emf | emf | - | 01 00 00 00 6C 00 00 00 {32} ' EMF' 00 00 01 00 {12} 00 00 00 00 {28} 00 00 00 00
  x-fmt/157 | Interchange File | - | - | iff | - | ('CAT '|'FORM'|'LIST') 00
  fmt/338 | Interchange File Format Interleaved Bitmap | - | - | iff lbm | x-fmt/157 | 'FORM' {4} 'ILBMBMHD'
  fmt/339 | Interchange File Format 8-bit Sampled Voice | - | - | 8svx iff | x-fmt/157 | 'FORM' {4} '8SVXVHDR'
  x-fmt/92 | Adobe Photoshop | - | image/vnd.adobe.photoshop | pdd psd | - | '8BPS' 00 01 00 00 00 00 00 00 00
  x-fmt/395 | WordPerfect Graphics Metafile | 1.0 | - | wpg | - | FF 'WPC' {4} 01 16 01 00
  x-fmt/379 | CorelDraw Drawing | 3.0 | - | cdr | - | 'RIFF' {4} 'CDR vrsn'
  fmt/465 | CorelDraw Drawing | 4.0 | - | cdr | - | 'RIFF' {4} 'CDR4vrsn'
  fmt/464 | CorelDraw Drawing | 5.0 | - | cdr | - | 'RIFF' {4} 'CDR5vrsn'
  x-fmt/29 | CorelDraw Drawing | 6.0 | - | cdr | - | 'RIF' ('F'|'X') {4} 'CDR6vrsn'
  x-fmt/303 | Aldus Freehand Drawing | 3 | - | fh3 | - | 'FH31'
  fmt/30 | AutoCAD Drawing | R9 | image/vnd.dwg | dwg | - | 'AC1004'
  fmt/31 | AutoCAD Drawing | R10 | image/vnd.dwg | dwg | - | 'AC1006'
  fmt/32 | AutoCAD Drawing | R11/12 | image/vnd.dwg | dwg | - | 'AC1009'
  fmt/33 | AutoCAD Drawing | R13 | image/vnd.dwg | dwg | - | 'AC1012'
  fmt/34 | AutoCAD Drawing | R14 | image/vnd.dwg | dwg | - | 'AC1014'
  fmt/35 | AutoCAD Drawing | 2000-2002 | image/vnd.dwg | dwg | - | 'AC1015'
  fmt/63 | Drawing Interchange File Format (ASCII) | Generic | image/vnd.dxf | dxf | - | @0-*: '0' (0A|0D|0D0A) 'SECTION' (0A|0D|0D0A) {0-5} '2' (0A|0D|0D0A) * '0' (0A|0D|0D0A) 'ENDSEC' & $0-5: '0' (0A|0D|0D0A) 'EOF'
  x-fmt/418 | Icon file format | - | image/vnd.microsoft.icon | ico | - | 00 00 01 00 [01:09] 00 {3} 00 [00:01] 00 {1} 00 {3} 00 * 00 00 28 00 00 00 {2} 00 00 {2} 00 00 01 00 [01:20] 00 00 00 00 00
  x-fmt/140 | Silicon Graphics Image | - | image/x-sgi-bw | bw rgb | - | 01 DA (00|01) (01|02) 00 (01|02|03) {4} 00 (01|03|04) {80} 00 (00|01|02|03) {368} 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
  x-fmt/159 | GEM Image | - | - | img | - | 00 01 00 08 00 (01|04) 00 02
`;

export const SOUND_AND_FILM = String.raw`
  fmt/6 | Waveform Audio | - | audio/x-wav | wav | - | 'RIFF' {4} 'WAVE'
  fmt/141 | Waveform Audio (PCMWAVEFORMAT) | - | audio/x-wav | wav wave | fmt/6 | 'RIFF' {4} 'WAVEfmt ' 10 00 00 00 01 00 {14-*} 'data'
  fmt/142 | Waveform Audio (WAVEFORMATEX) | - | audio/x-wav | wav wave | fmt/6 | 'RIFF' {4} 'WAVEfmt ' [!10] {21-*} 'data'
  fmt/143 | Waveform Audio (WAVEFORMATEXTENSIBLE) | - | audio/x-wav | wav wave | fmt/6 fmt/142 | 'RIFF' {4} 'WAVEfmt ' {4} FE FF {38-*} 'data'
  fmt/414 | Audio Interchange File Format | - | - | aif aiff | x-fmt/157 fmt/134 | 'FORM' {4} 'AIFF'
  x-fmt/136 | Audio Interchange File Format (compressed) | - | audio/x-aiff | aifc | x-fmt/157 | 'FORM' {4} 'AIFC'
  x-fmt/139 | NeXT/Sun sound | - | audio/basic | au | - | '.snd' 00 00 00 {5} 00 00 00 [01:07] {4} 00 00 00
  x-fmt/230 | MIDI Audio | - | audio/midi | mid midi | - | 'MThd' 00 00 00 06 00 [00:02] {4} 'MTrk'
  fmt/134 | MPEG 1/2 Audio Layer 3 | - | audio/mpeg | mp3 | - | 'ID3' & $47-1795: FF (FA|FB|F2|F3) [10:EB] {46-1439} FF (FA|FB|F2|F3) [10:EB] {46-1439} FF (FA|FB|F2|F3) [10:EB] {46-1439} FF (FA|FB|F2|F3) [10:EB] {46-1439} FF (FA|FB|F2|F3) [10:EB] {46-1439} FF (FA|FB|F2|F3) [10:EB] {46-1439} FF (FA|FB|F2|F3) [10:EB] or @0-1795: FF FB [10:EB] {46-1439} FF FB [10:EB] {46-1439} FF FB [10:EB] {46-1439} FF FB [10:EB] {46-1439} FF FB [10:EB] {46-1439} FF FB [10:EB] {46-1439} FF FB [10:EB] {46-1439} FF FB [10:EB] {46-1439} FF FB [10:EB] {46-1439} FF FB [10:EB]
  fmt/203 | Ogg Vorbis Codec Compressed Multimedia File | - | audio/ogg | ogg | - | 'OggS' 00 02 {23} 'vorbis' 00 00 00 00 {19} 'OggS'
  fmt/5 | Audio/Video Interleaved Format | - | video/x-msvideo | avi | - | 'RIFF' {4} 'AVI '
  x-fmt/384 | Quicktime | - | video/quicktime | mov qtm | - | @4-8: 'moov' {0-4096} ('cmov'|'mvhd'|'rmra') or @4-8: 'mdat' * 'moov' {0-4096} ('cmov'|'mvhd'|'rmra')
  x-fmt/385 | MPEG-1 Program Stream | - | video/mpeg | mpeg mpg | - | 00 00 01 BA {8-12} 00 00 01 BB
  fmt/649 | MPEG-1 Elementary Stream | - | - | m1v mpeg mpg | - | 00 00 01 B3 {8-136} 00 00 01 B8
  fmt/323 | Extended Module Audio File | - | audio/xm | xm | - | 'Extended Module: ' {20} 1A
  fmt/716 | MOD Audio Module | - | - | mod | - | @1080: 'M.K.'
  fmt/718 | Scream Tracker Module | 3 | - | s3m | - | @28: 1A 10 00 00 {12} 'SCRM'
  fmt/298 | Autodesk Animator Pro FLIC | - | - | flc | - | @4: 12 AF {6} 08 {120} F1
`;

export const ARCHIVES_AND_PROGRAMS = String.raw`
  x-fmt/263 | ZIP Format | - | application/zip | zip | - | @0-4: 'PK' 03 04 & $18-65531: 'PK' 01 {44-*} 'PK' 05 06
  fmt/610 | ARJ File Format | - | - | arj | - | 60 EA
  fmt/626 | LHA File Format | - | - | lha lzh | - | @2: '-lh' ('0'|'1'|'4'|'5'|'6'|'7'|'d') '-'
  x-fmt/269 | ZOO Compressed Archive | - | - | zoo | - | @20: DC A7 C4 FD & $0: FC 83
  x-fmt/264 | RAR Archive | 2.0 | application/vnd.rar | rar | - | 'Rar!' 1A 07 00 {2} 's' {34} 14
  fmt/411 | RAR Archive | 2.9 | application/vnd.rar | rar | - | 'Rar!' 1A 07 00 {2} 's' {34} 1D
  fmt/613 | RAR Archive | 5.0 | application/vnd.rar | rar | - | 'Rar!' 1A 07 01 00
  x-fmt/266 | GZIP Format | - | application/gzip | gz z | - | 1F 8B 08
  x-fmt/268 | BZIP2 Compressed Archive | - | application/x-bzip2 | bz2 | - | 'BZh' {1} '1AY&SY'
  fmt/1671 | Z Compressed Data | - | - | z | - | 1F 9D 90
  x-fmt/265 | Tape Archive Format | - | application/x-tar | tar | - | [21:EF] {104} [30:37] [20:37] (00|20) {5} [30:37] [20:37] (00|20) {5} [30:37] [20:37] 00 {10} [30:37] (00|20) {10} [30:37] (00|20) {5} [30:37] [00:37] (00|20)
  fmt/635 | CPIO | - | - | cpio | - | C7 71
  x-fmt/414 | Windows Cabinet File | - | application/vnd.ms-cab-compressed | cab | - | 'MSCF' {20} 03 01
  fmt/1459 | Stuffit Archive File | 1.5 | application/x-stuffit | sit | - | 'SIT!' {6} 'rLau' 01
  fmt/1460 | Stuffit Archive File | 1.6-4.5 | application/x-stuffit | sit | - | 'SIT!' {6} 'rLau' 02
  fmt/639 | Stuffit Archive File | 5 | application/x-stuffit | sit | - | 'StuffIt '
  x-fmt/416 | BinHex Binary Text | - | - | hqx | - | '(This file must be converted with BinHex'
  fmt/1762 | MacBinary | II | - | bin | - | 00 {73} 00 {7} 00 {16} 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 81
  fmt/503 | AppleDouble Resource Fork | 2 | multipart/appledouble | - | - | @0-196: 00 05 16 07 00 02 00 00
  fmt/1490 | HyperCard Stack | - | - | - | - | @4-8: 'STAK' FF FF FF FF
  fmt/329 | Shell Archive Format | - | application/x-sh | shar | - | @0-1936: '# This is a shell archive'
  x-fmt/409 | MS-DOS Executable | - | - | exe | - | 'MZ'
  x-fmt/410 | Windows New Executable | - | - | exe | x-fmt/409 | 'MZ' * 'NE'
  x-fmt/411 | Windows Portable Executable | - | application/vnd.microsoft.portable-executable | dll exe sys | x-fmt/409 x-fmt/410 | 'MZ' * 'PE' 00 00
  fmt/899 | Windows Portable Executable | 32 bit | application/vnd.microsoft.portable-executable | dll exe sys | x-fmt/409 x-fmt/410 x-fmt/411 | 'MZ' {126-128500} 'PE' 00 00 {20} 0B 01 {66} [0000:1000]
  fmt/688 | Executable and Linkable Format | 32bit Little Endian | - | elf o | - | 7F 'ELF' 01 01 01
  fmt/689 | Executable and Linkable Format | 32bit Big Endian | - | elf o | - | 7F 'ELF' 01 02 01
  fmt/690 | Executable and Linkable Format | 64bit Little Endian | - | elf o | - | 7F 'ELF' 02 01 01
  fmt/691 | Executable and Linkable Format | 64bit Big Endian | - | elf o | - | 7F 'ELF' 02 02 01
  x-fmt/415 | Java Class File | - | - | class | - | CA FE BA BE
  x-fmt/428 | Microsoft Windows Shortcut | - | - | lnk | - | 4C 00 00 00 01 14 02 00 00 00 00 00 C0 00 00 00 00 00 00 46
  x-fmt/453 | TrueType Font | - | font/ttf | ttf | - | @12-140: 'OS/2' {0-256} 'cmap' {0-256} 'glyf' {0-256} 'head' {0-256} 'hhea' {0-256} 'hmtx' {0-256} 'loca' {0-256} 'maxp' {0-256} 'name' {0-256} 'post'
  fmt/111 | OLE2 Compound Document Format | - | - | - | - | D0 CF 11 E0 A1 B1 1A E1 {20} FE FF
  fmt/525 | Adobe Printer Font Binary | - | - | pfb | - | 80 01 {4} '%!PS-AdobeFont-1.0'
`;

/** Told by what lies in them: see own-containers.ts. */
export const CONTAINERS = `
  fmt/39 | Microsoft Word Document | 6.0/95 | application/msword | doc | fmt/111 | -
  fmt/40 | Microsoft Word Document | 97-2003 | application/msword | doc wbk | fmt/111 | -
  fmt/59 | Microsoft Excel 5.0/95 Workbook (xls) | 5/95 | application/vnd.ms-excel | xls xlw | fmt/111 | -
  fmt/61 | Microsoft Excel 97 Workbook (xls) | 8 | application/vnd.ms-excel | xls xlw | fmt/59 fmt/111 | -
  fmt/125 | Microsoft Powerpoint Presentation | 95 | application/vnd.ms-powerpoint | ppt | fmt/126 fmt/111 | -
  fmt/126 | Microsoft Powerpoint Presentation | 97-2003 | application/vnd.ms-powerpoint | ppt | fmt/111 | -
  x-fmt/253 | Microsoft Publisher | 95 | application/x-mspublisher | pub | - | -
  x-fmt/254 | Microsoft Publisher | 97 | application/x-mspublisher | pub | - | -
  x-fmt/255 | Microsoft Publisher | 98 | application/x-mspublisher | pub | - | -
  x-fmt/258 | Microsoft Visio Drawing | 2000-2002 | application/vnd.visio | vsd vss vst | fmt/111 | -
  x-fmt/430 | Microsoft Outlook Email Message | 97-2003 | - | msg oft | fmt/111 | -
  fmt/233 | Microsoft Works Word Processor 3-4 for Windows | - | - | wps | - | -
  fmt/258 | Microsoft Works Word Processor 5-6 | - | - | wps | - | -
  x-fmt/400 | StarOffice Writer | 5.x | application/vnd.stardivision.writer | sdw | - | -
  fmt/836 | Quattro Pro Spreadsheet | 7-8 | - | wb3 | - | -
  fmt/892 | Compound WordPerfect for Windows Document | 6 onwards | application/vnd.wordperfect | doc w60 wp wp6 wpd | - | -
  x-fmt/174 | PageMaker PC Document | 6.0 | application/vnd.pagemaker | pm6 pt6 | - | -
  x-fmt/181 | PageMaker PC Document | 6.5-7.0 | application/vnd.pagemaker | p65 pmd pmt t65 | - | -
  fmt/412 | Microsoft Word for Windows | 2007 onwards | application/vnd.openxmlformats-officedocument.wordprocessingml.document | docx wbk | - | -
  fmt/214 | Microsoft Excel for Windows | 2007 onwards | application/vnd.openxmlformats-officedocument.spreadsheetml.sheet | xlsx | - | -
  fmt/215 | Microsoft Powerpoint for Windows | 2007 onwards | application/vnd.openxmlformats-officedocument.presentationml.presentation | pptx | - | -
  fmt/128 | OpenOffice Writer | 1.0 | application/vnd.sun.xml.writer | sxw | x-fmt/263 | -
  fmt/129 | OpenOffice Calc | 1.0 | application/vnd.sun.xml.calc | sxc | x-fmt/263 | -
  fmt/130 | OpenOffice Impress | 1.0 | application/vnd.sun.xml.impress | sxi | x-fmt/263 | -
  fmt/136 | OpenDocument Text | 1.0 | application/vnd.oasis.opendocument.text | odt ott | fmt/290 | -
  fmt/290 | OpenDocument Text | 1.1 | application/vnd.oasis.opendocument.text | odt ott | x-fmt/263 | -
  fmt/291 | OpenDocument Text | 1.2 | application/vnd.oasis.opendocument.text | odt ott | x-fmt/263 fmt/290 | -
  fmt/137 | OpenDocument Spreadsheet | 1.0 | application/vnd.oasis.opendocument.spreadsheet | ods ots | fmt/294 | -
  fmt/294 | OpenDocument Spreadsheet | 1.1 | application/vnd.oasis.opendocument.spreadsheet | ods ots | x-fmt/263 | -
  fmt/295 | OpenDocument Spreadsheet | 1.2 | application/vnd.oasis.opendocument.spreadsheet | ods ots | x-fmt/263 fmt/294 | -
  fmt/483 | ePub format | - | application/epub+zip | epub | x-fmt/263 fmt/97 fmt/98 fmt/99 fmt/100 fmt/102 fmt/96 | -
  x-fmt/412 | Java Archive Format | - | application/java-archive | jar | x-fmt/263 fmt/102 fmt/96 | -
`;

/** Told by their names alone, and texts as such. */
export const NAMED = `
  x-fmt/111 | Plain Text File | - | text/plain | txt | - | -
  fmt/1768 | C Source Code File | - | - | c | - | -
  fmt/1735 | C/C++ Header File | - | - | h hpp hxx | - | -
  fmt/1619 | Pascal Source Code | - | - | pas | - | -
  fmt/885 | BASIC File | - | - | bas | - | -
  x-fmt/413 | Batch file (executable) | - | - | bat | - | -
  x-fmt/421 | Text Configuration file | - | - | ini | - | -
  x-fmt/62 | Log File | - | - | log | - | -
  x-fmt/18 | Comma Separated Values | - | text/csv | csv | - | -
  x-fmt/13 | Tab-separated Values | - | text/tab-separated-values | tab tsv | - | -
  x-fmt/370 | WordStar for MS-DOS Document | 3.0 | - | ws ws3 | - | -
  x-fmt/260 | WordStar for MS-DOS Document | 4.0 | - | ws ws4 | - | -
  x-fmt/206 | WordStar for Windows Document | 1.0 | - | ws wsd wsw | - | -
  x-fmt/262 | WordStar for Windows Document | 2.0 | - | ws wsw | - | -
  x-fmt/148 | IBM DisplayWrite DCA Text File | - | - | dca | - | -
  x-fmt/284 | IBM DisplayWrite Final Form Text File | - | - | fft | - | -
  x-fmt/347 | MultiMate Text File | 4.x | - | dox | - | -
  fmt/879 | Fortran | - | - | f f03 f90 f95 for | - | -
  x-fmt/423 | JavaScript file | - | application/javascript | js | - | -
  x-fmt/422 | Java Language Source Code File | - | - | java | - | -
  fmt/206 | Structured Query Language Data | - | - | sql | - | -
  fmt/817 | JSON Data Interchange Format | - | application/json | json | - | -
  fmt/720 | MBOX | - | application/mbox | mbox | - | -
`;
