/** bagit-js: read, write and validate BagIt bags (RFC 8493). */
export const VERSION = '1.0';
