/** What this process does: one image, roles by setting. */
export const ROLES = Symbol('roles');

export type Role = 'api' | 'worker' | 'scheduler';
export type Roles = readonly Role[];
