/** What this process may do to the home: only read it; write, holding its lock; or write a new catalogue beside the old one. */
export const HOME_ACCESS = Symbol('home access');

export type HomeAccess = 'read' | 'write' | 'rebuild';
