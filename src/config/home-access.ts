/** Whether this process holds the home's lock and so may write. */
export const HOME_ACCESS = Symbol('home access');

export type HomeAccess = 'read' | 'write';
